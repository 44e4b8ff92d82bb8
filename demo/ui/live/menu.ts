/** The variants that A and B can be: those of the lens, and a weight of one's own. */

import type { LensVariant } from '../../lens/reading.ts';
import { VARIANTS } from '../../lens/variants.ts';

export const OWN_WEIGHT = 'own_weight';

/** The few that the page is about, then the others. */
export const FIRST_VARIANTS: readonly LensVariant[] = VARIANTS.slice(0, 5);
export const MORE_VARIANTS: readonly LensVariant[] = VARIANTS.slice(5);

const OWN: LensVariant = { key: OWN_WEIGHT, label: 'Your own weight', overrides: [], summary: 'The expression written in the lens.' };

/** The variant of a key; GRPO for a key that none has. */
export function variantNamed(key: string): LensVariant {
  return key === OWN_WEIGHT ? OWN : (VARIANTS.find((variant) => variant.key === key) ?? VARIANTS[0]!);
}
