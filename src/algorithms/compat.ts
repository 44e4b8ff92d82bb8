/** Flags that restore a defect or a retired convention of a source: `algorithm.compat.<method>.<flag>`. The default is the fixed behaviour. */

import { z } from 'zod';

const flag = <const Values extends readonly [string, ...string[]]>(values: Values, description: string) =>
  z
    .enum(values)
    .default(values[0] as never)
    .meta({ description });

export const compatBlock = z
  .strictObject({
    advantage: z
      .strictObject({ singleton: flag(['zero', 'raw', 'error'], 'A group of one row: advantage 0, its reward as it is (verl), or an error.') })
      .prefault({}),
    agg: z
      .strictObject({
        dr_norm: flag(['2026', '2025'], 'seq-mean-token-sum-norm divides by rows and length, or (verl of 2025) by the length alone.'),
        scope: flag(
          ['mini', 'micro'],
          'loss_agg is over the mini-batch, or (older releases) over each micro-batch, weighed by its rows: then the memory a run has changes its results.',
        ),
      })
      .prefault({}),
    bald: z
      .strictObject({
        positions: flag(
          ['fixed', 'source'],
          'bald counts the tokens of a completion, or (the release) every column of the padded step, each by the distribution after it.',
        ),
      })
      .prefault({}),
    cov: z
      .strictObject({
        scope: flag(['mini', 'micro'], 'clip_cov and kl_cov take means and budgets over the mini-batch, or (the releases) over each micro-batch.'),
      })
      .prefault({}),
    edge: z
      .strictObject({
        entropy_mean: flag(['fixed', 'source'], 'edge takes the mean entropy of a completion’s tokens, or (one release) of every column of the padded step.'),
      })
      .prefault({}),
    egpo: z
      .strictObject({
        align: flag(
          ['fixed', 'source'],
          'The closing tag is looked for in the completion, or (the release) in prompt and completion together, where its place is that of another token.',
        ),
      })
      .prefault({}),
    maxent: z
      .strictObject({
        clip_side: flag(
          ['ppo', 'source'],
          'The optional clip takes the lesser objective on both sides, or (the release) the greater one where the advantage is negative.',
        ),
        empty_rows: flag(['excluded', 'source'], 'A completion without tokens is no candidate, or (the release) the one with the best score of all.'),
      })
      .prefault({}),
    seed_grpo: z
      .strictObject({ empty_rows: flag(['excluded', 'source'], 'A completion without tokens has no mass, or (one release) the largest there is.') })
      .prefault({}),
    entropy_bonus: z.strictObject({ sign: flag(['bonus', 'source'], 'The entropy bonus raises entropy, or (one release) lowers it.') }).prefault({}),
  })
  .prefault({})
  .meta({ description: 'Only flags that restore a defect of a source.' });

export interface CompatOptions {
  readonly advantage: { readonly singleton: 'zero' | 'raw' | 'error' };
  readonly agg: { readonly drNorm: '2026' | '2025'; readonly scope: 'mini' | 'micro' };
  readonly bald: { readonly positions: 'fixed' | 'source' };
  readonly cov: { readonly scope: 'mini' | 'micro' };
  readonly edge: { readonly entropyMean: 'fixed' | 'source' };
  readonly egpo: { readonly align: 'fixed' | 'source' };
  readonly maxent: { readonly clipSide: 'ppo' | 'source'; readonly emptyRows: 'excluded' | 'source' };
  readonly seedGrpo: { readonly emptyRows: 'excluded' | 'source' };
  readonly entropyBonus: { readonly sign: 'bonus' | 'source' };
}

export const NO_COMPAT: CompatOptions = {
  advantage: { singleton: 'zero' },
  agg: { drNorm: '2026', scope: 'mini' },
  bald: { positions: 'fixed' },
  cov: { scope: 'mini' },
  edge: { entropyMean: 'fixed' },
  egpo: { align: 'fixed' },
  maxent: { clipSide: 'ppo', emptyRows: 'excluded' },
  seedGrpo: { emptyRows: 'excluded' },
  entropyBonus: { sign: 'bonus' },
};

/** Whether a flag brings padding back, so that a run makes room for a column more than its longest completion. */
export function countsPadding({ bald, edge }: CompatOptions): boolean {
  return bald.positions === 'source' || edge.entropyMean === 'source';
}
