/**
 * Opens a GGUF file in llama.cpp and here, and compares what both make of it: ids of prompts, and 24 greedy tokens of each.
 *
 *   npm i --prefix ELSEWHERE --omit=optional --ignore-scripts node-llama-cpp@3.22.1 @node-llama-cpp/linux-x64@3.22.1
 *   npx tsx scripts/llama-check.ts MODEL.gguf --llama ELSEWHERE
 *
 * llama.cpp is no dependency of Entrain. It rounds activations to 16 bits, or to 8 beside blocks of q8_0, where Entrain computes in 32: a
 * token may differ where its log-prob and the best one's lie closer than `--margin`. After such a token the comparison goes on along
 * llama.cpp's text. Exits with 1 where ids differ or a gap is wider.
 */

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Command } from 'commander';
import { DataError } from '../src/base/errors.ts';
import type { Device } from '../src/gpu/device.ts';
import { openDevice } from '../src/gpu/open-device-node.ts';
import type { ModelConfig } from '../src/model/config.ts';
import { createParameters, loadParameters } from '../src/model/parameters.ts';
import { baseWeights, type PolicyWeights } from '../src/model/transformer.ts';
import { nodeServices } from '../src/recipe/services-node.ts';
import { promptLogits } from '../src/rollout/prompt-logits.ts';
import { encodeChat } from '../src/tokenizer/chat.ts';
import type { Tokenizer } from '../src/tokenizer/tokenizer.ts';

const TOKENS = 24;
const QUESTIONS = ['What is 17 + 25?', 'Name three colours of the rainbow.'];
const TEXT = 'The capital of France is';

/** The few parts of node-llama-cpp that are called. */
interface LlamaModel {
  tokenize(text: string, specialTokens: boolean): readonly number[];
  createContext(options: { contextSize: number; threads: number }): Promise<{ getSequence(): LlamaSequence }>;
}
interface LlamaSequence {
  evaluate(ids: readonly number[], options: { temperature: number; yieldEogToken: boolean }): AsyncIterable<number>;
  clearHistory(): Promise<void>;
}
interface LlamaLibrary {
  getLlama(options: object): Promise<{ loadModel(options: { modelPath: string }): Promise<LlamaModel> }>;
}

interface Asked {
  readonly text: string;
  readonly ids: readonly number[];
}

/** What llama.cpp made of a prompt: its ids, and its greedy tokens after ours. */
interface Said {
  readonly ids: readonly number[];
  readonly tokens: readonly number[];
}

/** @throws DataError where node-llama-cpp is not in the folder */
async function openLlama(folder: string, file: string): Promise<LlamaModel> {
  const entry = join(resolve(folder), 'node_modules/node-llama-cpp/dist/index.js');
  if (!existsSync(entry)) {
    throw new DataError(
      `llama.cpp: expected node-llama-cpp in ${folder}, got none. Install it there: npm i --prefix ${folder} --omit=optional --ignore-scripts node-llama-cpp@3.22.1 @node-llama-cpp/linux-x64@3.22.1`,
    );
  }
  const library = (await import(pathToFileURL(entry).href)) as LlamaLibrary;
  return (await library.getLlama({ gpu: false, build: 'never', logLevel: 'error' })).loadModel({ modelPath: resolve(file) });
}

function promptsOf(tokenizer: Tokenizer): Asked[] {
  const chats = tokenizer.chatTemplate ? QUESTIONS.map((content) => encodeChat(tokenizer, [{ role: 'user', content }], { addGenerationPrompt: true })) : [];
  return [...chats, { text: TEXT, ids: tokenizer.encode(TEXT) }].map(({ text, ids }) => ({ text, ids: [...ids] }));
}

async function askLlama(model: LlamaModel, prompts: readonly Asked[], ends: readonly number[], threads: number): Promise<Said[]> {
  const sequence = (await model.createContext({ contextSize: 512, threads })).getSequence();
  const said: Said[] = [];
  for (const { text, ids } of prompts) {
    const tokens: number[] = [];
    await sequence.clearHistory();
    for await (const token of sequence.evaluate(ids, { temperature: 0, yieldEogToken: true })) {
      tokens.push(token);
      if (tokens.length === TOKENS || ends.includes(token)) break;
    }
    said.push({ ids: [...model.tokenize(text, true)], tokens });
  }
  return said;
}

/** By how much each token's log-prob lies below that of the token that is likeliest here. */
async function gapsAlong(device: Device, config: ModelConfig, weights: PolicyWeights, ids: readonly number[], tokens: readonly number[]): Promise<Gap[]> {
  const whole = Uint32Array.from([...ids, ...tokens.slice(0, -1)]);
  const logits = await promptLogits(device, config, weights, whole.length)(whole);
  return tokens.map((token, i) => {
    const row = logits.subarray((ids.length - 1 + i) * config.vocabSize, (ids.length + i) * config.vocabSize);
    const own = row[token];
    if (own === undefined) throw new DataError(`llama.cpp: expected a token of the vocabulary, got ${token}. The files differ.`);
    const best = row.reduce((most, value, id) => (value > row[most]! ? id : most), 0);
    return { token, best, gap: row[best]! - own };
  });
}

interface Gap {
  readonly token: number;
  readonly best: number;
  readonly gap: number;
}

interface Options {
  readonly llama: string;
  readonly adapter: string;
  readonly margin: string;
  readonly threads: string;
}

/** @returns whether ids are equal and no gap is wider than the margin */
async function check(file: string, { llama, adapter, margin, threads }: Options, print: (line: string) => void): Promise<boolean> {
  const model = await openLlama(llama, file);
  const { device } = await openDevice(adapter);
  const services = nodeServices(device);
  const { config, weights } = await services.openModel(file);
  const { tokenizer } = await services.openTokenizer(file);
  const prompts = promptsOf(tokenizer);
  const said = await askLlama(model, prompts, config.eosIds, Number(threads));

  const parameters = createParameters(device, config);
  await loadParameters(device, parameters, weights);
  let isGood = true;
  for (const [i, { text, ids }] of prompts.entries()) {
    const { ids: theirs, tokens } = said[i]!;
    const gaps = await gapsAlong(device, config, baseWeights(parameters), ids, tokens);
    const isEqual = theirs.join(' ') === ids.join(' ');
    const widest = Math.max(...gaps.map(({ gap }) => gap));
    const first = gaps.findIndex(({ gap }) => gap > 0);
    const passes = isEqual && widest <= Number(margin);
    isGood &&= passes;
    const same = gaps.filter(({ gap }) => gap === 0).length;
    print(`${passes ? 'ok  ' : 'MISS'} ${JSON.stringify(text.slice(-48))}: ${ids.length} ids ${isEqual ? 'equal' : `differ (${theirs.join(' ')})`}`);
    print(`     ${same} of ${tokens.length} greedy tokens equal${first < 0 ? '' : `; widest gap ${widest.toPrecision(2)} nats`}: ${quoted(tokenizer, tokens)}`);
    if (first >= 0) {
      const { token, best, gap } = gaps[first]!;
      print(
        `     first difference at token ${first}: ${quoted(tokenizer, [token])} there, ${quoted(tokenizer, [best])} here, ${gap.toPrecision(2)} nats apart`,
      );
    }
  }
  device.close();
  return isGood;
}

function quoted(tokenizer: Tokenizer, ids: readonly number[]): string {
  return JSON.stringify(tokenizer.decode(ids));
}

const program = new Command('llama-check')
  .description('Open a GGUF file in llama.cpp and here, and compare ids and greedy tokens.')
  .argument('<file>', 'a GGUF file')
  .requiredOption('--llama <folder>', 'where node-llama-cpp is installed')
  .option('--adapter <name>', 'GPU adapter', 'auto')
  .option('--margin <nats>', 'how close the best log-probs may lie for a token to differ', '0.25')
  .option('--threads <n>', 'of llama.cpp; on a machine that does other work, 1 is fastest', '1')
  .action(async (file: string, options: Options) => {
    process.exitCode = (await check(file, options, (line) => process.stdout.write(`${line}\n`))) ? 0 : 1;
  });

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof DataError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
process.exit();
