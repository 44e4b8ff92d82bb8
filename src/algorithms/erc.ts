/**
 * Entropy ratio clipping: a token whose entropy has changed too much since it was sampled is stopped.
 *
 *   the slope is kept where low < entropy / (entropy when sampled) < high; the loss value stays
 *
 * @source Su et al. 2025, arXiv:2512.05591; Kwai-Klear/ERC
 */

import { z } from 'zod';
import type { Method } from './method.ts';
import { gateByEntropyRatio } from './stages/entropy-shaping.ts';

export const ercBlock = z
  .strictObject({
    low: z.number().min(0).default(0.95).meta({ description: 'Lower end of the band.' }),
    high: z.number().min(0).default(1.05).meta({ description: 'Upper end of the band.' }),
  })
  .nullable()
  .default(null)
  .meta({ description: 'Stop tokens whose entropy left a band about what it was when they were sampled.' });

export function erc({ low, high }: { readonly low: number; readonly high: number }): Method {
  return {
    name: 'erc',
    needs: { oldEntropies: true },
    penalize: (draft) => void gateByEntropyRatio(draft, low, high),
  };
}
