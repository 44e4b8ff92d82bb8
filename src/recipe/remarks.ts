/** What is allowed but worth saying before a run: keys that can have no effect, and settings that bend the method. */

import { presetNamed } from './presets.ts';
import type { RecipeValues } from './recipe.ts';

type Remark = (recipe: RecipeValues, isWritten: (key: string) => boolean) => string | false | undefined;

const policyGradient = (recipe: RecipeValues) => recipe.method === 'grpo';
const updates = ({ batch }: RecipeValues) => batch.epochs * (batch.prompts / (batch.update_prompts ?? batch.prompts));

const remarks: readonly Remark[] = [
  ({ algorithm: { name } }) => {
    const departs = presetNamed(name)?.departs;
    return departs && `algorithm.name: ${name}: ${departs}.`;
  },
  (recipe, isWritten) => {
    const unread = ['algorithm', 'rollout.n', 'ref', 'batch.update_prompts', 'batch.epochs'].filter(isWritten);
    return !policyGradient(recipe) && unread.length > 0 && `${unread.join(', ')}: not read by method sft.`;
  },
  ({ rollout: { top_p, top_k, min_p } }) =>
    (top_p < 1 || top_k !== null || min_p > 0) && 'rollout.top_p, top_k, min_p: samples come from a filtered distribution, the loss uses the whole one.',
  ({ rollout }) => rollout.repetition_penalty !== 1 && 'rollout.repetition_penalty: samples come from another distribution than the loss uses.',
  (recipe, isWritten) =>
    policyGradient(recipe) &&
    updates(recipe) === 1 &&
    ['algorithm.clip_low', 'algorithm.clip_high', 'algorithm.clip_dual'].some(isWritten) &&
    'algorithm.clip_low, clip_high, clip_dual: no effect with one update a step, since the ratio is 1. Set batch.update_prompts below batch.prompts.',
  (recipe, isWritten) => {
    const { surrogate, kl_cov: klCov } = recipe.algorithm;
    const written = ['algorithm.clip_low', 'algorithm.clip_high', 'algorithm.clip_dual'].filter(isWritten);
    return (
      policyGradient(recipe) &&
      surrogate !== 'clip' &&
      recipe.algorithm.clip_dual !== null &&
      written.length > 0 &&
      `${written.join(', ')}: not read with surrogate ${surrogate}${klCov ? ': KL-Cov holds no ratio in bounds' : ''}.`
    );
  },
  ({ algorithm }) =>
    algorithm.loss_scale_factor !== null &&
    algorithm.loss_agg !== 'seq-mean-token-sum-norm' &&
    `algorithm.loss_scale_factor: no effect with loss_agg ${algorithm.loss_agg}.`,
  (recipe, isWritten) =>
    policyGradient(recipe) &&
    recipe.algorithm.advantage_scale === 'none' &&
    isWritten('algorithm.advantage_eps') &&
    'algorithm.advantage_eps: no effect with advantage_scale none.',
  ({ optim }) => optim.schedule === 'constant' && optim.final_lr_share !== 0 && 'optim.final_lr_share: no effect with schedule constant.',
  ({ eval: { data } }, isWritten) => data === null && isWritten('eval.every') && 'eval.every: no effect, since eval.data is not set.',
];

/** The remarks that hold. `isWritten` tells whether a key (or one below it) stands in a file or on the command line. */
export function remarksOn(recipe: RecipeValues, isWritten: (key: string) => boolean): string[] {
  return remarks.flatMap((remark) => remark(recipe, isWritten) || []);
}
