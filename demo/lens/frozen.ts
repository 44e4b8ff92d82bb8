/** A batch of tokens as an algorithm takes it: on the reference device, where every variant can be asked about it without a GPU. */

import {
  type Advantages,
  type Algorithm,
  DataError,
  type Group,
  type MiniBatch,
  Random,
  ReferenceDevice,
  type RolloutBatch,
  type Tensor,
  tensorOf,
} from '../../src/index.ts';
import type { TokenBatch, TokenColumn } from '../data/frame.ts';

/** How every token would move, token by token in the batch's order, times the mini-batch's tokens. */
export interface TokenWeights {
  /** −∂loss/∂logProb · N */
  readonly weight: Float32Array;
  /** −∂loss/∂entropy · N */
  readonly entropyWeight: Float32Array;
}

export class FrozenBatch {
  readonly tokens: TokenBatch;
  readonly #device = new ReferenceDevice();
  readonly #rollouts: RolloutBatch;
  readonly #tables: Readonly<Record<'responseMask' | 'logProb' | 'oldLogProb' | 'entropy' | 'oldEntropy', Tensor>>;

  /** @throws DataError where rows of the mini-batch are missing: its statistics would be others */
  constructor(tokens: TokenBatch) {
    if (!tokens.isWhole)
      throw new DataError(
        `batch of step ${tokens.step}: expected a whole mini-batch, got ${tokens.rows.length} rows of one. Choose a step whose batch was kept.`,
      );
    this.tokens = tokens;
    this.#rollouts = rolloutsOf(tokens);
    const table = (fill: (at: number) => number): Tensor => tensorOf(this.#device, 'f32', this.#shape, spreadOut(tokens, fill), 'lens/table');
    const column = (name: TokenColumn): Tensor => table((at) => tokens.columns[name][at]!);
    this.#tables = {
      responseMask: table(() => 1),
      logProb: column('logProb'),
      oldLogProb: column('oldLogProb'),
      entropy: column('entropy'),
      oldEntropy: column('oldEntropy'),
    };
  }

  get #shape(): readonly [number, number] {
    return [this.tokens.rows.length, this.tokens.maxTokens];
  }

  /** What an algorithm would do with the batch. @throws TrainerError where the batch lacks what it needs */
  async weightsOf(algorithm: Algorithm): Promise<TokenWeights> {
    const advantages = algorithm.advantages(this.#rollouts);
    const { byLogProb, byEntropy } = algorithm.update(this.#miniBatch(advantages), Random.seeded(1).fork(`lens.${this.tokens.step}`));
    const [slopes, entropySlopes] = await Promise.all([this.#device.read(byLogProb), this.#device.read(byEntropy)]);
    return { weight: gathered(this.tokens, slopes), entropyWeight: gathered(this.tokens, entropySlopes) };
  }

  #miniBatch(advantages: Advantages): MiniBatch {
    const { tokens } = this;
    const [B, T] = this.#shape;
    const { responseMask, logProb, oldLogProb, entropy, oldEntropy } = this.#tables;
    return {
      device: this.#device,
      B,
      T,
      tokenCount: tokens.tokenCount,
      rowCount: tokens.rowCount,
      responseMask: advantages.inLoss.includes(0) || advantages.tokensInLoss ? this.#maskOf(advantages) : responseMask,
      policyLogProbs: logProb,
      entropies: entropy,
      oldLogProbs: oldLogProb,
      oldEntropies: oldEntropy,
      // The sampler's log-probs are the old policy's: nothing filters, and both compute the same bits.
      rolloutLogProbs: oldLogProb,
      ...(advantages.tokens && { tokenAdvantages: this.#tokenAdvantages(advantages.tokens) }),
      advantages: advantages.values,
      terms: advantages.terms,
      lengths: this.#rollouts.lengths,
      groupIds: Uint32Array.from(tokens.rows, ({ group }) => group),
      rowIds: Uint32Array.from(tokens.rows, (_, row) => row),
      maxTokens: T,
    };
  }

  #tokenAdvantages(values: ArrayLike<number>): Tensor {
    return tensorOf(this.#device, 'f32', this.#shape, values, 'lens/advantages');
  }

  #maskOf({ inLoss, tokensInLoss }: Advantages): Tensor {
    const { rows, maxTokens } = this.tokens;
    const mask = rows.flatMap(({ ids }, row) =>
      Array.from({ length: maxTokens }, (_, t) => (t < ids.length ? inLoss[row]! * (tokensInLoss?.[row * maxTokens + t] ?? 1) : 0)),
    );
    return tensorOf(this.#device, 'f32', this.#shape, mask, 'lens/mask');
  }
}

function rolloutsOf(tokens: TokenBatch): RolloutBatch {
  const { rows, maxTokens: T } = tokens;
  const groups = new Map<number, { prompt: number; rows: number[] }>();
  rows.forEach(({ group }, row) => {
    const its = groups.get(group) ?? { prompt: group, rows: [] };
    its.rows.push(row);
    groups.set(group, its);
  });
  const table = (fill: (at: number) => number): Float64Array => spreadOut(tokens, fill);
  return {
    rows: rows.length,
    groups: [...groups.values()] satisfies readonly Group[],
    rewards: Float64Array.from(rows, ({ reward }) => reward),
    rewardParts: new Map(),
    lengths: Uint32Array.from(rows, ({ ids }) => ids.length),
    truncated: Uint8Array.from(rows, ({ truncated }) => (truncated ? 1 : 0)),
    maxTokens: T,
    answerKeys: rows.map(({ text, truncated }) => (truncated ? null : text)),
    tables: {
      T,
      responseMask: table(() => 1),
      oldLogProbs: table((at) => tokens.columns.oldLogProb[at]!),
      oldEntropies: table((at) => tokens.columns.oldEntropy[at]!),
      rolloutLogProbs: table((at) => tokens.columns.oldLogProb[at]!),
      thinkEndId: null,
    },
  };
}

/** Numbers of tokens, end to end, as a [rows, maxTokens] table with 0 where no token is. */
function spreadOut({ rows, maxTokens }: TokenBatch, valueAt: (at: number) => number): Float64Array {
  const table = new Float64Array(rows.length * maxTokens);
  rows.forEach(({ start, ids }, row) => {
    for (let t = 0; t < ids.length; t++) table[row * maxTokens + t] = valueAt(start + t);
  });
  return table;
}

/** A [rows, maxTokens] table of slopes as weights, end to end. */
function gathered({ rows, maxTokens, tokenCount, columns }: TokenBatch, slopes: ArrayLike<number>): Float32Array {
  const weights = new Float32Array(columns.logProb.length);
  rows.forEach(({ start, ids }, row) => {
    for (let t = 0; t < ids.length; t++) weights[start + t] = 0 - slopes[row * maxTokens + t]! * tokenCount;
  });
  return weights;
}
