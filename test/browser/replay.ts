/** Rollouts of one place fed to the policy of another: how far its log-probs are from those that were written down. */

import { type BuildServices, buildPolicy, packGroups, type Recipe, type TokenStats, Transformer } from '../../src/index.ts';

/** A line of completions_00001.jsonl. */
export interface RecordedRollout {
  readonly prompt: string;
  readonly ids: readonly number[];
  readonly logprobs: readonly number[];
}

export interface ReplayGap {
  readonly tokens: number;
  /** Largest |log p' − log p|, nats: the relative error of a token's probability. */
  readonly largest: number;
}

/** Runs the recipe's policy of step 0 over the rollouts. */
export async function replay(recipe: Recipe, services: BuildServices, rollouts: readonly RecordedRollout[]): Promise<ReplayGap> {
  const { device } = services;
  const { policy, parameters, encode, limits } = await buildPolicy(recipe, services);
  const length = recipe.rollout.maxTokens;
  const groups = rollouts.map(({ prompt, ids }, row) => ({
    prompt: encode({ id: String(row), source: 'replay', text: prompt, columns: {} }),
    continuations: [{ targets: Uint32Array.from(ids), slot: row * length }],
  }));
  const maxTokens = groups.reduce((sum, { prompt }) => sum + prompt.length + length, 0);
  const model = new Transformer(device, policy.config, parameters, { maxPositions: limits.maxPositions, maxTokens, maxPredictions: maxTokens });
  const table = (name: string, ...inner: number[]) => device.create('f32', [rollouts.length, length, ...inner], `replay/${name}`);
  const stats: TokenStats = { logProbs: table('logProbs'), entropies: table('entropies'), moments: table('moments', 6) };
  model.forward(model.place(packGroups(groups)), stats, recipe.rollout.temperature);
  const said = await device.read(stats.logProbs);
  const gaps = rollouts.flatMap(({ logprobs }, row) => logprobs.map((recorded, t) => Math.abs(said[row * length + t]! - recorded)));
  return { tokens: gaps.length, largest: Math.max(...gaps) };
}
