/** Every kernel, for the tests that walk them all. */

import { attentionForwardDirect } from './attention.ts';
import { attentionKeyBackwardDirect, attentionQueryBackwardDirect } from './attention-backward.ts';
import { columnPartials, columnTotalDirect } from './column-sum.ts';
import { matmulDirect } from './matmul-forms.ts';
import { rmsNormBackwardDirect, rmsNormForwardDirect, rmsNormWeightBackwardKernel } from './rms-norm.ts';
import { ropeKernel } from './rope.ts';
import { gatherRowsKernel, scatterRowsKernel, segmentSumKernel } from './rows.ts';
import { swigluBackwardKernel, swigluForwardKernel } from './swiglu.ts';

export const kernels = [
  attentionForwardDirect,
  attentionKeyBackwardDirect,
  attentionQueryBackwardDirect,
  columnPartials,
  columnTotalDirect,
  gatherRowsKernel,
  matmulDirect,
  rmsNormBackwardDirect,
  rmsNormForwardDirect,
  rmsNormWeightBackwardKernel,
  ropeKernel,
  scatterRowsKernel,
  segmentSumKernel,
  swigluBackwardKernel,
  swigluForwardKernel,
] as const;
