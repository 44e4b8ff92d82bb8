/** Tries the regular expressions of an unknown tokenizer in a child process, which can be ended when one of them hangs. */

import { spawn } from 'node:child_process';
import { DataError } from '../base/errors.ts';
import { trialTexts, unknownPatterns } from './patterns.ts';

/** Each pattern's time for all its texts; honest ones take a few milliseconds, a machine that does other things some more. */
const LIMIT_MS = 1000;

/** Runs each pattern through the library, as it does itself, and says when it starts and when each is done. */
const CHILD = `
const { Tokenizer } = await import(process.argv[1]);
let input = '';
for await (const chunk of process.stdin) input += chunk;
process.stdout.write('.');
for (const { pattern, texts } of JSON.parse(input)) {
  const normalizer = { type: 'Replace', pattern: { Regex: pattern }, content: '' };
  const model = { type: 'BPE', vocab: { a: 0 }, merges: [] };
  const { normalizer: replace } = new Tokenizer({ added_tokens: [], normalizer, pre_tokenizer: null, post_processor: null, decoder: null, model }, {});
  for (const text of texts) replace(text);
  process.stdout.write('.');
}`;

/**
 * Refuses a tokenizer one of whose regular expressions takes for ever on simple texts; known patterns are not tried.
 *
 * Only Node has a child to try them in: other runtimes take the patterns as they are.
 *
 * @throws DataError naming the pattern
 */
export async function tryPatterns(tokenizerJson: unknown, file: string): Promise<void> {
  const patterns = unknownPatterns(tokenizerJson, file);
  if (patterns.length === 0 || process.versions['deno'] !== undefined) return;
  const done = await runTrial(patterns);
  if (done === patterns.length) return;
  throw new DataError(
    `${file}: expected regular expressions that end within ${LIMIT_MS} ms on simple texts, got ${JSON.stringify(patterns[done]?.slice(0, 80))}. Use the tokenizer the model was published with.`,
  );
}

/** @returns how many patterns were done before one hung or could not be compiled */
function runTrial(patterns: readonly string[]): Promise<number> {
  const library = import.meta.resolve('@huggingface/tokenizers');
  const child = spawn(process.execPath, ['--input-type=module', '--eval', CHILD, library], { env: {}, timeout: 60_000, stdio: ['pipe', 'pipe', 'ignore'] });
  return new Promise((resolve, reject) => {
    let said = 0;
    let timer: NodeJS.Timeout | undefined;
    child.stdout.on('data', (dots: Buffer) => {
      said += dots.length;
      clearTimeout(timer);
      timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
    });
    child.on('error', reject);
    child.on('close', () => {
      clearTimeout(timer);
      resolve(Math.max(0, said - 1));
    });
    child.stdin.on('error', () => {}); // a child that dies early is told by what it said
    child.stdin.end(JSON.stringify(patterns.map((pattern) => ({ pattern, texts: trialTexts(pattern) }))));
  });
}
