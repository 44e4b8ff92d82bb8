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
      .strictObject({ dr_norm: flag(['2026', '2025'], 'seq-mean-token-sum-norm divides by rows and length, or (verl of 2025) by the length alone.') })
      .prefault({}),
    maxent: z
      .strictObject({
        clip_side: flag(
          ['ppo', 'source'],
          'The optional clip takes the lesser objective on both sides, or (the release) the greater one where the advantage is negative.',
        ),
      })
      .prefault({}),
    entropy_bonus: z.strictObject({ sign: flag(['bonus', 'source'], 'The entropy bonus raises entropy, or (one release) lowers it.') }).prefault({}),
  })
  .prefault({})
  .meta({ description: 'Only flags that restore a defect of a source.' });

export interface CompatOptions {
  readonly advantage: { readonly singleton: 'zero' | 'raw' | 'error' };
  readonly agg: { readonly drNorm: '2026' | '2025' };
  readonly maxent: { readonly clipSide: 'ppo' | 'source' };
  readonly entropyBonus: { readonly sign: 'bonus' | 'source' };
}

export const NO_COMPAT: CompatOptions = {
  advantage: { singleton: 'zero' },
  agg: { drNorm: '2026' },
  maxent: { clipSide: 'ppo' },
  entropyBonus: { sign: 'bonus' },
};
