/** What `verify models` compares for a published model that lies in a folder of its own: tokenizer, texts, greedy chats, training. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TrainerError } from '../../src/base/errors.ts';
import { Random } from '../../src/base/random.ts';
import type { Device } from '../../src/gpu/device.ts';
import { openGgufModel } from '../../src/model/gguf-weights.ts';
import { packGroups } from '../../src/model/packing.ts';
import { createParameters, loadParameters, type Parameters } from '../../src/model/parameters.ts';
import { baseWeights, createRopeTable, Transformer } from '../../src/model/transformer.ts';
import { openFile, openModelFolder, type ModelFolder } from '../../src/model/weights-node.ts';
import { openWeights, type Weights } from '../../src/model/weights.ts';
import { PolicySampler } from '../../src/rollout/sampler.ts';
import type { ChatMessage } from '../../src/tokenizer/chat-template.ts';
import { encodeChat } from '../../src/tokenizer/chat.ts';
import { openTokenizer } from '../../src/tokenizer/tokenizer-node.ts';
import { logitsOf } from './logits.ts';
import { checkRealTraining, TRAINED_QUANTITIES } from './real-training-checks.ts';
import type { Tally } from './tally.ts';

/** A fixture's description of the model it was computed with. */
export interface RealMeta {
  /** Relative to the fixture's folder. */
  readonly model_dir: string;
  /** A GGUF file there; absent for a folder of safetensors. */
  readonly model_file?: string;
  readonly tolerances: Readonly<Record<string, number>>;
  readonly adamw: { readonly lr: number; readonly betas: readonly [number, number]; readonly eps: number; readonly weight_decay: number };
  readonly max_grad_norm: number;
}

interface Cases {
  readonly texts: readonly { readonly text: string; readonly ids: readonly number[]; readonly decoded: string }[];
  readonly chats: readonly {
    readonly messages: readonly ChatMessage[];
    readonly rendered: string;
    readonly ids: readonly number[];
    readonly greedy: string;
  }[];
}

/** Quantities without which such a folder does not count as covered. */
export const REAL_QUANTITIES = [
  'tokenizer: ids',
  'tokenizer: texts',
  'logits',
  'log_probs',
  'entropies',
  'greedy tokens',
  'greedy log_probs',
  ...TRAINED_QUANTITIES,
];

const exact = () => 0.5; // of integers: anything but equal is a miss

/** @throws TrainerError if the model is not where the fixture says */
export async function checkRealModel(folder: string, meta: RealMeta, device: Device, tally: Tally): Promise<void> {
  const modelFolder = join(folder, meta.model_dir);
  const { config, weights } = await openNamed(modelFolder, meta.model_file);
  const io = await openWeights(await openFile(join(folder, 'io.safetensors')));
  const cases = JSON.parse(await readFile(join(folder, 'cases.json'), 'utf8')) as Cases;
  const parameters = createParameters(device, config);
  await loadParameters(device, parameters, weights);
  const model = { config, parameters, io, meta, cases, modelFolder };
  await checkTokenizer(model, tally);
  for (const index of cases.texts.keys()) await checkText(model, index, device, tally);
  await checkChats(model, device, tally);
  await checkRealTraining({ folder, config, parameters, io, meta }, device, tally);
}

interface RealModel extends Pick<ModelFolder, 'config'> {
  readonly parameters: Parameters;
  readonly io: Weights;
  readonly meta: RealMeta;
  readonly cases: Cases;
  readonly modelFolder: string;
}

async function openNamed(folder: string, file: string | undefined): Promise<ModelFolder> {
  if (file === undefined) return openModelFolder(folder);
  if (!file.endsWith('.gguf')) throw new TrainerError(`${folder}: expected model_file to be a GGUF file, got ${file}.`);
  return openGgufModel(await openFile(join(folder, file)));
}

async function checkTokenizer({ cases, modelFolder }: RealModel, tally: Tally): Promise<void> {
  const tokenizer = await openTokenizer(modelFolder);
  const compareIds = (got: ArrayLike<number>, expected: ArrayLike<number>, label: string) =>
    tally.compare('tokenizer: ids', 'equal', got, expected, exact, label);
  const compareText = (got: string, expected: string, label: string) => tally.compare('tokenizer: texts', 'equal', codes(got), codes(expected), exact, label);
  cases.texts.forEach(({ text, ids, decoded }, i) => {
    compareIds(tokenizer.encode(text), ids, `text.${i}`);
    compareText(tokenizer.decode(ids), decoded, `text.${i}`);
  });
  cases.chats.forEach(({ messages, rendered, ids }, i) => {
    const chat = encodeChat(tokenizer, messages, { addGenerationPrompt: true });
    compareIds(chat.ids, ids, `chat.${i}`);
    compareText(chat.text, rendered, `chat.${i}`);
  });
}

function codes(text: string): number[] {
  return Array.from(text, (character) => character.codePointAt(0)!);
}

/** One text: what the model says of each next token, the last row of logits, and some of the others. */
async function checkText({ config, parameters, io, meta }: RealModel, index: number, device: Device, tally: Tally): Promise<void> {
  const name = `text.${index}`;
  const ids = await integers(io, `${name}.ids`);
  const count = ids.length;
  const { logits: logitLimit = 0, log_probs: logProbLimit = 0, entropies: entropyLimit = 0 } = meta.tolerances;
  const model = new Transformer(device, config, parameters, { maxPositions: count, maxTokens: count, maxPredictions: count });
  const table = (...more: number[]) => device.create('f32', [1, count, ...more], 'tables/verify');
  const tables = { logProbs: table(), entropies: table(), moments: table(6) };
  // The last target is arbitrary: its entropy is compared, its log-prob is not.
  const packed = packGroups([{ prompt: ids.subarray(0, 1), continuations: [{ inputs: ids.subarray(1), targets: [...ids.subarray(1), 0], slot: 0 }] }]);
  model.forward(model.place(packed), tables, 1);
  const logProbs = (await device.read(tables.logProbs)).subarray(0, count - 1);
  tally.compare('log_probs', `${logProbLimit}`, logProbs, await io.read(`${name}.log_probs`), () => logProbLimit, name);
  tally.compare('entropies', `${entropyLimit}`, await device.read(tables.entropies), await io.read(`${name}.entropies`), () => entropyLimit, name);

  const { vocabSize } = config;
  const logits = await logitsOf(device, config, parameters, model.streams.at(-1)!, count);
  const last = logits.subarray((count - 1) * vocabSize);
  tally.compare('logits', `${logitLimit}`, last, await io.read(`${name}.last_logits`), () => logitLimit, `${name}, last`);
  const places = await integers(io, `${name}.logits_at`);
  const picked = Array.from({ length: places.length / 2 }, (_, i) => logits[places[2 * i]! * vocabSize + places[2 * i + 1]!]!);
  tally.compare('logits', `${logitLimit}`, picked, await io.read(`${name}.logits`), () => logitLimit, name);
}

/** Greedy answers through the cache, all chats in one wave; compared up to where another rounding may part ways. */
async function checkChats({ config, parameters, io, meta, cases, modelFolder }: RealModel, device: Device, tally: Tally): Promise<void> {
  const prompts: Uint32Array[] = [];
  for (const index of cases.chats.keys()) prompts.push(Uint32Array.from(await integers(io, `chat.${index}.prompt_ids`)));
  const maxTokens = Math.max(...cases.chats.map((_, index) => io.tensors.get(`chat.${index}.tokens`)?.shape[0] ?? 0));
  const longest = Math.max(...prompts.map((prompt) => prompt.length));
  const limits = { maxRows: prompts.length, maxPromptTokens: prompts.length * longest, maxTokens };
  const sampler = new PolicySampler(device, config, baseWeights(parameters), createRopeTable(device, config, longest + maxTokens), limits);
  const greedy = { n: 1, maxTokens, temperature: 0, topK: 0, topP: 1, minP: 0, repetitionPenalty: 1, stopIds: config.eosIds };
  const rollouts = await sampler.sample(prompts, greedy, Random.seeded(0));
  const tokenizer = await openTokenizer(modelFolder);
  const { log_probs: limit = 0, greedy_margin: leastMargin = 0 } = meta.tolerances;
  for (const [index, { greedy: answer }] of cases.chats.entries()) {
    const name = `chat.${index}`;
    const { tokens, logProbs } = rollouts[index]!;
    const margins = await io.read(`${name}.margins`);
    const firm = margins.findIndex((margin) => margin < leastMargin);
    const until = firm < 0 ? margins.length : firm;
    const expected = await integers(io, `${name}.tokens`);
    tally.compare('greedy tokens', 'equal', tokens.subarray(0, until), expected.subarray(0, until), exact, name);
    const expectedLogProbs = (await io.read(`${name}.log_probs`)).subarray(0, until);
    tally.compare('greedy log_probs', `${limit}`, logProbs.subarray(0, until), expectedLogProbs, () => limit, name);
    if (firm < 0) tally.compare('tokenizer: texts', 'equal', codes(tokenizer.decode(tokens)), codes(answer), exact, `${name}, answer`);
  }
}

async function integers(io: Weights, name: string): Promise<Int32Array> {
  return new Int32Array((await io.readBytes(name)).slice().buffer);
}
