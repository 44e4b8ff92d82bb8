/** The upper clip from an outside score, and the surrogate that uses it row by row. */

import { clipHighOf, type EntropyrlOptions } from '../../../src/algorithms/entropyrl.ts';
import { clippedPolicyTerm } from '../../../src/algorithms/stages/surrogate.ts';
import type { Device } from '../../../src/gpu/device.ts';
import { scaleRows } from '../../../src/kernels/stages.ts';
import type { CaseView } from './case.ts';
import { filled, miniBatchOf, runLoss } from './loss-case.ts';
import { klOfOldToNew, surprisalMetrics, underSourceNames } from './surrogates.ts';
import { caseWeights } from './weights.ts';

function optionsOf(view: CaseView): EntropyrlOptions {
  return {
    score: 'chair',
    rule: view.text('rule', 'step') === 'linear' ? 'linear' : 'step',
    threshold: view.number('threshold', 1e-4),
    low: view.number('low', 0.3),
    high: view.number('high', 0.5),
    min: view.number('min', 0),
    max: view.number('max', 10),
  };
}

function epsHighRule(view: CaseView): object {
  const base = view.number('base', 0.2);
  if (view.expectsError) {
    // A failed scorer leaves the base bound.
    view.ignore('compat');
    return { error: { fixed: clipHighOf(Number.NaN, base, optionsOf(view)), expected: base } };
  }
  return { epsHigh: view.row('score').map((score) => clipHighOf(score, base, optionsOf(view))) };
}

async function ppo(view: CaseView, device: Device): Promise<object> {
  view.ignore('rule', 'base', 'clipHigh');
  const [batch, weights, clipLow] = [miniBatchOf(view, device), caseWeights(view), view.number('clipLow', 0.2)];
  const clipHigh = Float64Array.from(view.row('epsHigh'));
  const rows = { advantage: batch.advantages, low: filled(batch.B, 1 - clipLow), high: clipHigh.map((bound) => 1 + bound), policy: weights };
  const result = await runLoss(batch, rows, (draft) => {
    const policy = clippedPolicyTerm(draft, { ratio: 'token', clampLogRatio: 20, dual: view.number('dualClip', 3) });
    scaleRows(device, draft.byLogProb, draft.row('policy'));
    draft.addPolicyLoss(policy.value);
  });
  const { 'clip_ratio/region_mean': clipped, pg_clipfrac_lower: lower, ppo_kl: kl } = result.metrics;
  const tokenMean = (values: ArrayLike<number>): number => batch.lengths.reduce((sum, length, i) => sum + length * values[i]!, 0) / (batch.tokenCount + 1e-8);
  return {
    ...result,
    metrics: {
      ...underSourceNames(clipped!, lower!, view.id.includes('F5') ? kl! : klOfOldToNew(view)),
      ...surprisalMetrics(view, weights),
      average_clip_ratio_low: tokenMean(filled(batch.B, clipLow)),
      average_clip_ratio_high: tokenMean(clipHigh),
    },
  };
}

function reward(view: CaseView): object {
  view.ignore('reward');
  const chair = view.row('chairI');
  return { reward: view.row('cider').map((cider, i) => cider - chair[i]!) };
}

export const entropyrlFamily = { eps_high_rule: epsHighRule, ppo, reward };
