/** Mini-batches and rollout batches from the golden fixtures, on any device. */

import { readFileSync } from 'node:fs';
import type { Algorithm, MiniBatch, RolloutBatch } from '../../src/algorithms/algorithm.ts';
import { type Device, tensorOf } from '../../src/gpu/device.ts';

export interface Fixture {
  readonly B: number;
  readonly T: number;
  readonly mask: number[][];
  readonly group: number[];
  readonly reward: (number | string | null)[];
  readonly advantage: number[];
  readonly logp: number[][];
  readonly oldLogp: number[][];
  readonly refLogp: number[][];
  readonly samplerLogp: number[][];
  readonly entropy: number[][];
  readonly oldEntropy: number[][];
  readonly truncated: number[];
  readonly chairI: number[];
  readonly answerKey: (string | null)[];
  readonly tokens: number[][];
  readonly thinkEndId: number;
  readonly promptIds: number[][];
}

const file = new URL('../golden/algorithms/fixtures.json', import.meta.url);
const { fixtures } = JSON.parse(readFileSync(file, 'utf8')) as { fixtures: Record<string, Fixture> };

/** The limit that the fixtures' completions were cut at. */
const MAX_TOKENS = 16;

export const FIXTURES = Object.keys(fixtures);

export function fixture(name: string): Fixture {
  return fixtures[name]!;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

export function lengthsOf({ mask }: Pick<Fixture, 'mask'>): Uint32Array {
  return Uint32Array.from(mask, sum);
}

/** The mini-batch that a trainer would cut of the fixture's rollouts for this algorithm, all groups in it. */
export function trainingBatchOf(device: Device, f: Fixture, algorithm: Algorithm): MiniBatch {
  const { values, terms, tokens, inLoss, tokensInLoss } = algorithm.advantages(rolloutBatchOf(f));
  const kept = { ...f, mask: f.mask.map((row, i) => row.map((one, t) => (inLoss[i] === 0 ? 0 : one * (tokensInLoss?.[i * f.T + t] ?? 1)))) };
  return {
    ...miniBatchOf(device, kept, values),
    terms,
    ...(tokens && { tokenAdvantages: tensorOf(device, 'f32', [f.B, f.T], tokens, 'test/token-advantages') }),
  };
}

/** The fixture's rows as one mini-batch, with the advantages given or its own. */
export function miniBatchOf(device: Device, f: Fixture, advantages: ArrayLike<number> = f.advantage): MiniBatch {
  const table = (rows: number[][], name: string) => tensorOf(device, 'f32', [f.B, f.T], rows.flat(), `test/${name}`);
  const lengths = lengthsOf(f);
  return {
    device,
    B: f.B,
    T: f.T,
    tokenCount: sum([...lengths]),
    rowCount: lengths.filter((length) => length > 0).length,
    responseMask: table(f.mask, 'mask'),
    policyLogProbs: table(f.logp, 'policy'),
    entropies: table(f.entropy, 'entropies'),
    oldLogProbs: table(f.oldLogp, 'old'),
    oldEntropies: table(f.oldEntropy, 'old-entropies'),
    refLogProbs: table(f.refLogp, 'ref'),
    rolloutLogProbs: table(f.samplerLogp, 'rollout'),
    advantages: Float64Array.from(advantages),
    terms: new Map(),
    lengths,
    groupIds: Uint32Array.from(f.group),
    rowIds: Uint32Array.from({ length: f.B }, (_, i) => i),
    maxTokens: MAX_TOKENS,
  };
}

/** The fixture's rows as the rollouts of one step. */
export function rolloutBatchOf(f: Fixture): RolloutBatch {
  const prompts = [...new Set(f.group)];
  const flat = (rows: number[][]) => Float64Array.from(rows.flat());
  return {
    rows: f.B,
    groups: prompts.map((prompt) => ({ prompt, rows: f.group.flatMap((id, row) => (id === prompt ? [row] : [])) })),
    rewards: Float64Array.from(f.reward, (reward) => (reward === null ? Number.NaN : Number(reward))),
    rewardParts: new Map([['reward', Float64Array.from(f.reward, (reward) => (reward === null ? Number.NaN : Number(reward)))]]),
    lengths: lengthsOf(f),
    truncated: Uint8Array.from(f.truncated),
    maxTokens: MAX_TOKENS,
    greedyRewards: new Float64Array(prompts.length).fill(0.25),
    answerKeys: f.answerKey,
    externalScores: new Map([['chair', Float64Array.from(f.chairI)]]),
    tables: {
      T: f.T,
      responseMask: flat(f.mask),
      oldLogProbs: flat(f.oldLogp),
      oldEntropies: flat(f.oldEntropy),
      oldSumP2: flat(f.oldEntropy).map((entropy) => Math.exp(-entropy)),
      refLogProbs: flat(f.refLogp),
      rolloutLogProbs: flat(f.samplerLogp),
      tokens: flat(f.tokens),
      thinkEndId: f.thinkEndId,
      prompts: f.promptIds,
      // Passes with dropout that disagree a little, more where entropy is high.
      entropyOfMean: flat(f.oldEntropy).map((entropy) => 1.25 * entropy),
      meanOfEntropies: flat(f.oldEntropy),
    },
  };
}
