/** Opens the tokenizer of a model folder on disk. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '../base/errors.ts';
import { tryPatterns } from './pattern-trial-node.ts';
import { loadTokenizer, type Tokenizer } from './tokenizer.ts';

/**
 * Reads `tokenizer.json`, and `tokenizer_config.json` and `chat_template.jinja` where they are.
 *
 * @throws DataError if the tokenizer is missing or cannot be read, or one of its regular expressions takes for ever
 */
export async function openTokenizer(folder: string): Promise<Tokenizer> {
  const file = join(folder, 'tokenizer.json');
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new DataError(`${file}: expected a file, got none that can be read. Save the model with its fast tokenizer.`, { cause });
  });
  const configFile = join(folder, 'tokenizer_config.json');
  const config = await readFile(configFile, 'utf8').catch(() => '{}');
  const chatTemplate = await readFile(join(folder, 'chat_template.jinja'), 'utf8').catch(() => undefined);
  const files = { tokenizerJson: parse(text, file), tokenizerConfig: parse(config, configFile), file };
  await tryPatterns(files.tokenizerJson, file);
  return loadTokenizer(chatTemplate === undefined ? files : { ...files, chatTemplate });
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new DataError(`${file}: expected JSON, got ${JSON.stringify(text.slice(0, 40))}. The file is damaged; download it again.`, { cause });
  }
}
