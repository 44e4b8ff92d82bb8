/** Every kernel, for the tests that walk them all. */

import { adamwDirect, clipControlDirect, clipControlWorkgroup, sumOfSquaresDirect, sumOfSquaresWorkgroup } from './adamw.ts';
import { adamwBf16 } from './adamw-bf16.ts';
import { attentionForwardDirect } from './attention.ts';
import { attentionKeyBackwardDirect, attentionQueryBackwardDirect } from './attention-backward.ts';
import { columnPartials, columnTotalDirect, columnTotalWorkgroup } from './column-sum.ts';
import { dropoutKernel } from './dropout.ts';
import { geluBackwardKernel, geluForwardKernel } from './gelu.ts';
import { keptEntropyBackwardDirect, keptSetDirect } from './kept-set.ts';
import {
  layerNormBackwardDirect,
  layerNormBackwardWorkgroup,
  layerNormForwardDirect,
  layerNormForwardWorkgroup,
  layerNormWeightBackwardKernel,
} from './layer-norm.ts';
import { matmulDirect, matmulDirectPacked, matmulSubgroup, matmulSubgroupPacked } from './matmul-forms.ts';
import { matmulCombine, matmulTile, matmulTilePacked } from './matmul-tile.ts';
import { mixtureEntropy, mixtureTile } from './mixture.ts';
import { rmsNormBackwardDirect, rmsNormBackwardWorkgroup, rmsNormForwardDirect, rmsNormForwardWorkgroup, rmsNormWeightBackwardKernel } from './rms-norm.ts';
import { ropeKernel } from './rope.ts';
import { gatherRowsKernel, gatherRowsPackedKernel, scatterRowsKernel, segmentSumKernel } from './rows.ts';
import { advanceRowsDirect, sampleTokensDirect, sampleTokensWorkgroup } from './sampling.ts';
import { scaleKernel } from './scale.ts';
import { stageKernels } from './stages-list.ts';
import { swigluBackwardKernel, swigluForwardKernel } from './swiglu.ts';
import { tableOperationKernel } from './table-operation.ts';
import { tokenStatsBackwardDirect, tokenStatsFinishDirect, tokenStatsTileDirect, tokenStatsTileWorkgroup } from './token-stats.ts';
import { topTokensBackwardDirect, topTokensDirect } from './top-tokens.ts';

export const kernels = [
  adamwBf16,
  adamwDirect,
  advanceRowsDirect,
  attentionForwardDirect,
  attentionKeyBackwardDirect,
  attentionQueryBackwardDirect,
  clipControlDirect,
  clipControlWorkgroup,
  columnPartials,
  columnTotalDirect,
  columnTotalWorkgroup,
  dropoutKernel,
  gatherRowsKernel,
  gatherRowsPackedKernel,
  geluBackwardKernel,
  geluForwardKernel,
  keptEntropyBackwardDirect,
  keptSetDirect,
  layerNormBackwardDirect,
  layerNormBackwardWorkgroup,
  layerNormForwardDirect,
  layerNormForwardWorkgroup,
  layerNormWeightBackwardKernel,
  matmulCombine,
  matmulDirect,
  matmulDirectPacked,
  matmulSubgroup,
  matmulSubgroupPacked,
  matmulTile,
  matmulTilePacked,
  mixtureEntropy,
  mixtureTile,
  rmsNormBackwardDirect,
  rmsNormBackwardWorkgroup,
  rmsNormForwardDirect,
  rmsNormForwardWorkgroup,
  rmsNormWeightBackwardKernel,
  ropeKernel,
  sampleTokensDirect,
  sampleTokensWorkgroup,
  scaleKernel,
  scatterRowsKernel,
  segmentSumKernel,
  ...stageKernels,
  sumOfSquaresDirect,
  sumOfSquaresWorkgroup,
  swigluBackwardKernel,
  swigluForwardKernel,
  tableOperationKernel,
  tokenStatsBackwardDirect,
  tokenStatsFinishDirect,
  tokenStatsTileDirect,
  tokenStatsTileWorkgroup,
  topTokensBackwardDirect,
  topTokensDirect,
] as const;
