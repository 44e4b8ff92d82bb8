/**
 * Looks over an algorithm's shoulder: keeps, of each step, what the policy said about the last mini-batch and how the algorithm answered.
 *
 * It stands between trainer and algorithm and changes neither's numbers. Groups from which no slope can come are kept in the batch, so that what
 * is shown is whole; they add zeros.
 */

import {
  type Algorithm,
  type Device,
  type MiniBatch,
  MOMENTS,
  NUMBER_VOCABULARY,
  type NumberTask,
  parseNumberQuestion,
  type StepResult,
  type Tensor,
  type Update,
  verifyNumber,
} from '../../src/index.ts';
import type { TokenBatch, TokenColumn, TokenRow } from '../data/frame.ts';
import { describedTokens } from '../data/described-tokens.ts';

const TABLES = ['logProb', 'oldLogProb', 'entropy', 'byLogProb', 'byEntropy'] as const;
type TableName = (typeof TABLES)[number];

interface Kept {
  readonly device: Device;
  readonly tables: Readonly<Record<TableName, Tensor>>;
  readonly moments: Tensor | null;
}

interface Seen {
  readonly kept: Kept;
  readonly batch: MiniBatch;
}

export class TokenCapture {
  readonly #task: NumberTask;
  #kept: Kept | null = null;
  #seen: Seen | null = null;

  /** @param task what verdicts are by */
  constructor(task: NumberTask) {
    this.#task = task;
  }

  /** The algorithm, watched. */
  watch(algorithm: Algorithm): Algorithm {
    return {
      ...algorithm,
      advantages: (rollouts) => {
        this.#seen = null;
        const advantages = algorithm.advantages(rollouts);
        return { ...advantages, informative: new Uint8Array(advantages.informative.length).fill(1) };
      },
      update: (batch, random) => {
        const update = algorithm.update(batch, random);
        this.#keep(batch, update);
        return update;
      },
    };
  }

  /** The last mini-batch of the step that has just been taken; null where there was none. */
  async tokensOf(result: StepResult): Promise<TokenBatch | null> {
    const seen = this.#seen;
    if (!seen) return null;
    const { device, tables, moments } = seen.kept;
    const reads = await Promise.all([...TABLES.map((name) => device.read(tables[name])), ...(moments ? [device.read(moments)] : [])]);
    return laidOut(this.#task, seen.batch, result, (name) => reads[TABLES.indexOf(name)]!, reads[TABLES.length] ?? null);
  }

  /** Copies on the device: later updates write over the tables, and nothing is waited for. */
  #keep(batch: MiniBatch, { byLogProb, byEntropy }: Update): void {
    const { device, B, T } = batch;
    if (!this.#kept || this.#kept.device !== device || this.#kept.tables.logProb.storage.bytes < 4 * B * T) this.#kept = roomFor(batch);
    const { tables, moments } = this.#kept;
    const sources = { logProb: batch.policyLogProbs, oldLogProb: batch.oldLogProbs, entropy: batch.entropies, byLogProb, byEntropy };
    const shaped = Object.fromEntries(TABLES.map((name) => [name, tables[name].as(B, T)])) as Record<TableName, Tensor>;
    for (const name of TABLES) device.copy(sources[name], shaped[name], B * T);
    const width = MOMENTS.length;
    if (moments && batch.moments) device.copy(batch.moments, moments, B * T * width);
    this.#seen = { kept: { device, tables: shaped, moments: moments && moments.as(B, T, width) }, batch };
  }
}

function roomFor({ device, B, T, moments }: MiniBatch): Kept {
  const table = (name: string, ...more: number[]): Tensor => device.create('f32', [B, T, ...more], `capture/${name}`);
  return {
    device,
    tables: Object.fromEntries(TABLES.map((name) => [name, table(name)])) as Record<TableName, Tensor>,
    moments: moments ? table('moments', MOMENTS.length) : null,
  };
}

/** Tables of [B, T] as tokens end to end, with the text of each. */
function laidOut(
  task: NumberTask,
  batch: MiniBatch,
  { step, scored }: StepResult,
  numbers: (name: TableName) => ArrayLike<number>,
  moments: ArrayLike<number> | null,
): TokenBatch {
  const { T, tokenCount, rowCount, advantages, rowIds, groupIds } = batch;
  const rows: TokenRow[] = [];
  let start = 0;
  rowIds.forEach((rowId, index) => {
    const { rollout, completion, reward } = scored[rowId]!;
    const ids = Array.from(rollout.tokens);
    rows.push({
      prompt: completion.prompt.text ?? completion.prompt.id,
      group: groupIds[index]!,
      text: completion.text,
      tokens: ids.map((id) => NUMBER_VOCABULARY[id] ?? `<${id}>`),
      ids,
      reward,
      verdict: verdictOf(task, completion.prompt.text, completion.text, rollout.finishReason === 'stop'),
      advantage: advantages[index]!,
      truncated: rollout.finishReason === 'length',
      start,
    });
    start += ids.length;
  });
  const places = rows.flatMap(({ ids }, row) => ids.map((_, t) => row * T + t));
  const from = (values: ArrayLike<number>, scale = 1, width = 1, column = 0): Float32Array =>
    Float32Array.from(places, (at) => values[at * width + column]! * scale);
  const moment = (name: (typeof MOMENTS)[number]): Float32Array =>
    moments ? from(moments, 1, MOMENTS.length, MOMENTS.indexOf(name)) : new Float32Array(places.length).fill(Number.NaN);
  const measured = {
    logProb: from(numbers('logProb')),
    oldLogProb: from(numbers('oldLogProb')),
    entropy: from(numbers('entropy')),
    oldEntropy: Float32Array.from([...rowIds].flatMap((rowId) => Array.from(scored[rowId]!.rollout.entropies))),
    weight: from(numbers('byLogProb'), -tokenCount),
    entropyWeight: from(numbers('byEntropy'), -tokenCount),
    sumP2: moment('sumP2'),
    sumP2LogP: moment('sumP2LogP'),
  } satisfies Partial<Record<TokenColumn, Float32Array>>;
  return describedTokens({ step, maxTokens: T, rows, tokenCount, rowCount }, measured);
}

function verdictOf(task: NumberTask, prompt: string | undefined, text: string, finished: boolean): string {
  const question = prompt === undefined ? undefined : parseNumberQuestion(prompt);
  return question ? verifyNumber(question, text, finished, task) : '';
}
