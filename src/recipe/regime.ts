/** A recipe's set-up as the regime lint looks at it. */

import { lintRegime } from '../algorithms/regime-lint.ts';
import { GRPO_OPTIONS } from '../algorithms/options.ts';
import { isUnfiltered } from '../rollout/rollout.ts';
import type { Recipe } from './recipe.ts';

/** What there is to say of a recipe once the entropy of the policy as it begins is known, and was not to be said before. */
export function entropyNotes(recipe: Recipe, measuredEntropy: number): string[] {
  const before = new Set(regimeNotes(recipe));
  return regimeNotes(recipe, measuredEntropy).filter((note) => !before.has(note));
}

/** Warnings about methods that can do nothing here, or lack something. */
export function regimeNotes({ method, algorithm, batch, rollout, reward, lora }: Recipe, measuredEntropy: number | null = null): string[] {
  if (method !== 'grpo') return [];
  const updatePrompts = batch.updatePrompts ?? batch.prompts;
  return lintRegime({
    algorithm: { ...GRPO_OPTIONS, ...algorithm },
    updatesPerStep: (batch.prompts / updatePrompts) * batch.epochs,
    mostTokensPerUpdate: updatePrompts * rollout.n * rollout.maxTokens,
    filtersGroups: algorithm.filterGroups.enable,
    rewardNames: reward.map(({ use }) => use),
    takesSamplerLogProbs: algorithm.oldLogProbs === 'sampler' || (algorithm.oldLogProbs === 'auto' && isUnfiltered({ ...rollout, topK: rollout.topK ?? 0 })),
    loraDropout: lora?.dropout ?? 0,
    measuredEntropy,
  });
}
