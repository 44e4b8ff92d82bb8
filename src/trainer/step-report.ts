/** Gathers what a step has to tell: timings, rollouts, updates. Reads of the device are awaited once, at the end. */

import type { Advantages, RolloutBatch, Update } from '../algorithms/algorithm.ts';
import { expm1 } from '../base/exponential.ts';
import type { Device } from '../gpu/device.ts';
import type { Tensor } from '../gpu/tensor.ts';
import type { Learner } from '../engines/learner.ts';
import type { ScoredRollout } from '../engines/scorer.ts';
import { firstOrderEntropyChange } from '../kernels/entropy-change.ts';
import { MOMENTS } from '../kernels/token-stats.ts';
import type { TokenStats } from '../model/head.ts';
import type { UpdateReport } from '../optim/adamw.ts';
import type { MiniBatchRows, StepMaterial } from './mini-batches.ts';
import { rolloutMetrics } from './rollout-metrics.ts';

const [SUM_P2, SUM_P2_LOG_P] = [MOMENTS.indexOf('sumP2'), MOMENTS.indexOf('sumP2LogP')];

export type Metrics = Record<string, number>;

/** What a step leaves behind. */
export interface StepResult {
  readonly step: number;
  readonly metrics: Readonly<Metrics>;
  readonly scored: readonly ScoredRollout[];
  readonly advantages: Float64Array;
  /** Updates whose gradient was not finite, at the end of the step without a finite one after. */
  readonly nonFiniteInARow: number;
}

export class StepReport {
  readonly step: number;
  #metrics: Metrics = {};
  readonly #pending: Promise<Metrics>[] = [];
  readonly #moves: Promise<UpdateReport>[] = [];
  #scored: readonly ScoredRollout[] = [];
  #advantages: Float64Array = new Float64Array(0);
  /** Whether every group takes part in the updates. */
  #isWhole = true;
  #nonFiniteInARow = 0;
  readonly #started = performance.now();

  constructor(step: number) {
    this.step = step;
  }

  /** Runs a phase and notes how long it took. */
  async timed<T>(phase: string, work: () => Promise<T>): Promise<T> {
    const started = performance.now();
    const result = await work();
    const name = `timing_s/${phase}`;
    this.#metrics[name] = (this.#metrics[name] ?? 0) + (performance.now() - started) / 1000;
    return result;
  }

  addRollouts(scored: readonly ScoredRollout[], batch: RolloutBatch, advantages: Advantages): void {
    this.#scored = scored;
    this.#advantages = advantages.values;
    this.#isWhole = advantages.informative.every((one) => one === 1);
    this.add(rolloutMetrics(scored, batch));
    this.add(advantages.metrics);
  }

  /**
   * What the trainer says about rollouts before the policy has moved: how far from the sampler, and from the reference.
   *
   *   KL(policy ‖ reference) ≈ mean of e^x − x − 1, x = refLogProb − policyLogProb (k3)
   *
   * Under dropout there is no gap to tell: the trainer's numbers are of another policy than the sampler's by design.
   */
  addFirstLook({ device, dropsOut }: Learner, { rows, T }: MiniBatchRows, { scored }: StepMaterial, now: TokenStats, refLogProbs: Tensor | null): void {
    const policy = device.read(now.logProbs);
    const reference = refLogProbs ? device.read(refLogProbs) : null;
    const look = async (): Promise<Metrics> => {
      const [logProbs, refs] = [await policy, await reference];
      let [largest, sum, kl, count] = [0, 0, 0, 0];
      rows.forEach((row, index) => {
        scored[row]!.rollout.logProbs.forEach((sampled, t) => {
          const at = index * T + t;
          const gap = Math.abs(logProbs[at]! - sampled);
          largest = Math.max(largest, gap);
          sum += gap;
          if (refs) kl += expm1(refs[at]! - logProbs[at]!) - (refs[at]! - logProbs[at]!);
          count++;
        });
      });
      return {
        ...(!dropsOut && {
          'sampling/sampling_logp_difference/max': largest,
          'sampling/sampling_logp_difference/mean': sum / Math.max(1, count),
        }),
        ...(refs && { kl: kl / Math.max(1, count) }),
      };
    };
    this.#first = look();
  }

  #first: Promise<Metrics> | null = null;

  /**
   * By how much the entropy of the sampled positions would change, to first order, per unit step along the slopes of a step's first
   * update, each position by itself: mean over tokens of ΔH with the weight that the token has before averaging.
   */
  addEntropyChange(device: Device, { rows, T }: MiniBatchRows, { batch }: StepMaterial, now: TokenStats, { byLogProb }: Update): void {
    const reads = [now.logProbs, now.entropies, now.moments, byLogProb].map((table) => device.read(table));
    const predict = async (): Promise<Metrics> => {
      const [logProbs, entropies, moments, slopes] = await Promise.all(reads);
      let change = 0;
      rows.forEach((row, index) => {
        for (let at = index * T; at < index * T + batch.lengths[row]!; at++) {
          const [sumP2, sumP2LogP] = [moments![at * MOMENTS.length + SUM_P2]!, moments![at * MOMENTS.length + SUM_P2_LOG_P]!];
          change += firstOrderEntropyChange({ logProb: logProbs![at]!, entropy: entropies![at]!, sumP2, sumP2LogP }, 0 - slopes![at]!);
        }
      });
      return { 'entropy_change/predicted': change };
    };
    this.#change = predict();
  }

  #change: Promise<Metrics> | null = null;

  addUpdate(update: Update): void {
    this.#pending.push(update.readMetrics());
  }

  addMove(report: Promise<UpdateReport>, lr: number): void {
    this.#moves.push(report);
    this.#metrics['learning_rate'] = lr;
  }

  add(metrics: Readonly<Metrics>): void {
    Object.assign(this.#metrics, metrics);
  }

  /** Waits for everything asked of the device, and averages over the updates. */
  async settle(): Promise<void> {
    const [first, change, updates, moves] = [await this.#first, await this.#change, await Promise.all(this.#pending), await Promise.all(this.#moves)];
    // A KL that was charged to rewards is told by its own estimate.
    if (first) this.#metrics = { ...first, ...this.#metrics };
    if (change) this.add(change);
    const { entropy, ...means } = meansOf(updates);
    // Where groups were left out, the entropy of the updates is that of the others; the rollouts' is of all.
    this.add({ ...means, ...(entropy !== undefined && this.#isWhole && { entropy }) });
    for (const { finite } of moves) this.#nonFiniteInARow = finite ? 0 : this.#nonFiniteInARow + 1;
    this.add({
      grad_norm: moves.reduce((sum, { gradNorm }) => sum + gradNorm, 0) / Math.max(1, moves.length),
      'updates/count': moves.length,
      'updates/skipped': moves.filter(({ finite }) => !finite).length,
    });
  }

  metrics(): Readonly<Metrics> {
    return { ...this.#metrics };
  }

  /** @param sampledTokens of the step, those of groups that a filter threw away included */
  result(totalTokens: number, sampledTokens: number): StepResult {
    const seconds = (performance.now() - this.#started) / 1000;
    const tokens = this.#scored.reduce((sum, { rollout }) => sum + rollout.tokens.length, 0);
    this.add({
      num_tokens: totalTokens,
      'timing_s/step': seconds,
      'perf/tokens_per_s_gen': sampledTokens / Math.max(1e-9, this.#metrics['timing_s/gen'] ?? seconds),
      'perf/tokens_per_s_train': tokens / Math.max(1e-9, this.#metrics['timing_s/update_actor'] ?? seconds),
      'perf/tokens_per_s': sampledTokens / seconds,
    });
    return { step: this.step, metrics: this.#metrics, scored: this.#scored, advantages: this.#advantages, nonFiniteInARow: this.#nonFiniteInARow };
  }
}

/** The mean of each metric over the updates that report it; the largest where its name ends in `_max`, the least for `_min`. */
function meansOf(updates: readonly Metrics[]): Metrics {
  const means: Metrics = {};
  for (const name of new Set(updates.flatMap((update) => Object.keys(update)))) {
    const values = updates.flatMap((update) => (name in update ? [update[name]!] : []));
    if (/[_/]max$/.test(name)) means[name] = values.reduce((a, b) => Math.max(a, b));
    else if (/[_/]min$/.test(name)) means[name] = values.reduce((a, b) => Math.min(a, b));
    else means[name] = values.reduce((a, b) => a + b, 0) / values.length;
  }
  return means;
}
