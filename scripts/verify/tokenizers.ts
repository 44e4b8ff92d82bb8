/** Checks tokenizers and chat templates against folders with `cases.json`: ids, decoded texts and renderings must be equal. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TrainerError } from '../../src/base/errors.ts';
import { type ChatMessage } from '../../src/tokenizer/chat-template.ts';
import { encodeChat } from '../../src/tokenizer/chat.ts';
import { openTokenizer } from '../../src/tokenizer/tokenizer-node.ts';
import type { Tokenizer } from '../../src/tokenizer/tokenizer.ts';

interface Cases {
  readonly vocab_size: number;
  readonly encode: readonly Encoded[];
  readonly decode: readonly Decoded[];
  readonly chat: readonly Chat[];
}

interface Decoded {
  readonly ids: readonly number[];
  readonly decoded: string;
  readonly decoded_skip_special: string;
}

interface Encoded extends Decoded {
  readonly text: string;
  readonly ids_with_special_tokens: readonly number[];
}

interface Chat {
  readonly messages: readonly ChatMessage[];
  readonly add_generation_prompt: boolean;
  readonly text?: string;
  readonly ids?: readonly number[];
  readonly error?: string;
}

/** @returns whether every folder was covered and every case equal */
export async function verifyTokenizers(folders: readonly string[], print: (line: string) => void): Promise<boolean> {
  let good = 0;
  for (const folder of folders) if (await verifyFolder(folder, print)) good++;
  print(`${good} of ${folders.length} tokenizers equal in every case`);
  return folders.length > 0 && good === folders.length;
}

async function verifyFolder(folder: string, print: (line: string) => void): Promise<boolean> {
  try {
    const cases = await readCases(join(folder, 'cases.json'));
    const tokenizer = await openTokenizer(folder);
    const results = [
      ...cases.encode.map((one) => checkEncoded(tokenizer, one)),
      ...cases.decode.map((one) => checkDecoded(tokenizer, one)),
      ...cases.chat.map((one) => checkChat(tokenizer, one)),
    ];
    if (tokenizer.vocabSize !== cases.vocab_size) results.push(`vocabulary: expected ${cases.vocab_size}, got ${tokenizer.vocabSize}`);
    const misses = results.filter((result) => result !== null);
    print(
      `${folder}: ${cases.encode.length} texts, ${cases.decode.length} lists of ids, ${cases.chat.length} chats: ${misses.length === 0 ? 'equal' : `${misses.length} MISS`}`,
    );
    for (const miss of misses.slice(0, 10)) print(`  MISS ${miss}`);
    return misses.length === 0;
  } catch (error) {
    if (!(error instanceof TrainerError)) throw error;
    print(`${folder}: not covered: ${error.message}`);
    return false;
  }
}

/** What differs, or null. */
function differs(what: string, got: unknown, expected: unknown): string | null {
  const [own, theirs] = [JSON.stringify(got), JSON.stringify(expected)];
  return own === theirs ? null : `${what}: expected ${theirs}, got ${own}`;
}

function checkEncoded(tokenizer: Tokenizer, one: Encoded): string | null {
  const what = `text ${JSON.stringify(one.text)}`;
  const special = Array.from(tokenizer.encode(one.text, { addSpecialTokens: true }));
  return differs(what, Array.from(tokenizer.encode(one.text)), one.ids) ?? differs(what, special, one.ids_with_special_tokens) ?? checkDecoded(tokenizer, one);
}

function checkDecoded(tokenizer: Tokenizer, { ids, decoded, decoded_skip_special }: Decoded): string | null {
  const what = `ids ${JSON.stringify(ids)}`;
  return differs(what, tokenizer.decode(ids), decoded) ?? differs(what, tokenizer.decode(ids, { skipSpecialTokens: true }), decoded_skip_special);
}

function checkChat(tokenizer: Tokenizer, { messages, add_generation_prompt: addGenerationPrompt, text, ids, error }: Chat): string | null {
  const what = `chat ${JSON.stringify(messages)}`;
  try {
    const got = encodeChat(tokenizer, messages, { addGenerationPrompt });
    return error === undefined
      ? (differs(what, got.text, text) ?? differs(what, Array.from(got.ids), ids))
      : `${what}: expected the refusal ${error}, got ${got.text}`;
  } catch (thrown) {
    if (!(thrown instanceof TrainerError)) throw thrown;
    return error !== undefined && thrown.message.includes(error) ? null : `${what}: expected ${error ?? text}, got ${thrown.message}`;
  }
}

async function readCases(file: string): Promise<Cases> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new TrainerError(`${file}: expected a fixture, got no such file. Point at a folder with tokenizer.json and cases.json.`, { cause });
  });
  const cases = JSON.parse(text) as Partial<Cases>;
  if (!cases.encode || !cases.decode || !cases.chat || cases.encode.length === 0)
    throw new TrainerError(`${file}: expected encode, decode and chat cases, got ${Object.keys(cases).join(', ')}.`);
  return cases as Cases;
}
