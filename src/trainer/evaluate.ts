/** Held-out evaluation: how often the policy is right, how many right answers it still finds, and how sure it is. */

import type { Random } from '../base/random.ts';
import type { Prompt } from '../data/prompt.ts';
import type { ScoredRollout, Scorer } from '../engines/scorer.ts';
import type { SamplingOptions } from '../rollout/rollout.ts';
import type { PolicySampler } from '../rollout/sampler.ts';

/** Prompts that are sampled and scored at intervals. */
export interface EvaluationSet {
  readonly name: string;
  readonly prompts: readonly Prompt[];
  readonly sampling: SamplingOptions;
  /** k of pass@k; at most `sampling.n`. */
  readonly k: number;
  /** A completion is right when its reward is at least this. */
  readonly threshold: number;
}

/** What an evaluation measured. */
export interface Evaluation {
  readonly metrics: Readonly<Record<string, number>>;
  readonly scored: readonly ScoredRollout[];
}

export interface Evaluator {
  readonly sampler: PolicySampler;
  readonly scorer: Scorer;
  readonly encode: (prompt: Prompt) => Uint32Array;
}

/**
 * Samples every prompt of a set and measures, under `eval/<name>/`:
 *
 *   mean@1      mean reward of a completion
 *   pass@k      chance that k completions hold a right one, estimated without bias from n: 1 − C(n − c, k) / C(n, k)
 *   distinct@k  different right answers among the first k completions of a prompt, averaged
 *   entropy     mean over tokens, nats, at the sampling temperature
 *
 * @source pass@k: Chen et al. 2021, arXiv:2107.03374
 */
export async function evaluate(evaluator: Evaluator, set: EvaluationSet, random: Random): Promise<Evaluation> {
  const rollouts = await evaluator.sampler.sample(set.prompts.map(evaluator.encode), set.sampling, random.fork(`eval.${set.name}`));
  const scored = await evaluator.scorer.score(set.prompts, rollouts);
  const { n } = set.sampling;
  let [reward, passed, distinct, tokens, entropy, truncated] = [0, 0, 0, 0, 0, 0];
  for (let start = 0; start < scored.length; start += n) {
    const group = scored.slice(start, start + n);
    const right = group.map((row) => row.reward >= set.threshold);
    passed += passAtK(n, right.filter(Boolean).length, set.k);
    distinct += new Set(group.flatMap(({ completion }, i) => (i < set.k && right[i] ? [completion.text] : []))).size;
  }
  for (const row of scored) {
    reward += Number.isNaN(row.reward) ? 0 : row.reward;
    tokens += row.rollout.tokens.length;
    for (const value of row.rollout.entropies) entropy += value;
    if (row.rollout.finishReason === 'length') truncated++;
  }
  const prompts = set.prompts.length;
  const at = (name: string) => `eval/${set.name}/${name}`;
  return {
    scored,
    metrics: {
      [at('mean@1')]: reward / scored.length,
      [at(`pass@${set.k}`)]: passed / prompts,
      [at(`distinct@${set.k}`)]: distinct / prompts,
      [at('entropy')]: entropy / Math.max(1, tokens),
      [at('mean_length')]: tokens / scored.length,
      [at('clipped_ratio')]: truncated / scored.length,
    },
  };
}

/** 1 − C(n − c, k) / C(n, k): the chance that k of n completions, c of them right, hold a right one. */
export function passAtK(n: number, right: number, k: number): number {
  if (n - right < k) return 1;
  let miss = 1;
  for (let i = n - right + 1; i <= n; i++) miss *= 1 - k / i;
  return 1 - miss;
}
