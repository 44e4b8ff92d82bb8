/** What the lens asks its worker, and what comes back: plain data. */

import type { TokenBatch } from '../../data/frame.ts';
import type { ExpressionProblem } from '../../lens/expression.ts';
import type { LensReading, LensRow } from '../../lens/reading.ts';

export type ToLens =
  /** Reads a batch with every variant; it stays in the worker for what is asked next. */
  | { readonly kind: 'read'; readonly id: number; readonly batch: TokenBatch }
  /** One row more: a weight as it was typed. */
  | { readonly kind: 'weigh'; readonly id: number; readonly text: string };

export type FromLens =
  | { readonly kind: 'reading'; readonly id: number; readonly reading: LensReading; readonly milliseconds: number }
  | { readonly kind: 'row'; readonly id: number; readonly row: LensRow }
  | { readonly kind: 'problem'; readonly id: number; readonly problem: ExpressionProblem }
  | { readonly kind: 'failed'; readonly id: number; readonly message: string };
