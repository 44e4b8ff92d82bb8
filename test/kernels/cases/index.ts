/** The cases of every kernel; each family's file appends one line. */

import type { KernelCase } from '../kernel-case.ts';
import { attentionCases } from './attention.ts';
import { matmulCases } from './matmul.ts';
import { rmsNormCases } from './rms-norm.ts';
import { ropeCases } from './rope.ts';
import { rowsCases } from './rows.ts';
import { swigluCases } from './swiglu.ts';

export const cases: readonly KernelCase[] = [
  ...attentionCases,
  ...matmulCases,
  ...rmsNormCases,
  ...ropeCases,
  ...rowsCases,
  ...swigluCases,
];
