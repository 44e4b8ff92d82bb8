/** The cases of every kernel; each family's file appends one line. */

import type { KernelCase } from '../kernel-case.ts';
import { adamwCases } from './adamw.ts';
import { attentionCases } from './attention.ts';
import { dropoutCases } from './dropout.ts';
import { geluCases } from './gelu.ts';
import { keptSetCases } from './kept-set.ts';
import { layerNormCases } from './layer-norm.ts';
import { matmulCases } from './matmul.ts';
import { mixtureCases } from './mixture.ts';
import { rmsNormCases } from './rms-norm.ts';
import { ropeCases } from './rope.ts';
import { rowsCases } from './rows.ts';
import { samplingCases } from './sampling.ts';
import { scaleCases } from './scale.ts';
import { stagesCases } from './stages.ts';
import { swigluCases } from './swiglu.ts';
import { tableOperationCases } from './table-operation.ts';
import { tokenStatsCases } from './token-stats.ts';

export const cases: readonly KernelCase[] = [
  ...adamwCases,
  ...attentionCases,
  ...dropoutCases,
  ...geluCases,
  ...keptSetCases,
  ...layerNormCases,
  ...matmulCases,
  ...mixtureCases,
  ...rmsNormCases,
  ...ropeCases,
  ...rowsCases,
  ...samplingCases,
  ...scaleCases,
  ...stagesCases,
  ...swigluCases,
  ...tableOperationCases,
  ...tokenStatsCases,
];
