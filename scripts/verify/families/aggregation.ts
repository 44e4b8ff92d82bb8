/** Aggregation of a given per-token loss: the loss, and how it moves with each token. */

import { type Device, tensorOf } from '../../../src/gpu/device.ts';
import { rowColumn, scaleRows } from '../../../src/kernels/stages.ts';
import type { CaseView } from './case.ts';
import { deviceTable, tableOf } from './loss-case.ts';
import { caseWeights } from './weights.ts';

async function aggregate(view: CaseView, device: Device): Promise<Record<string, unknown>> {
  const mask = view.table('mask');
  const weights = caseWeights(view);
  // The mask itself scaled row by row is the slope of the loss; its product with x is the loss.
  const slopes = deviceTable(device, mask);
  scaleRows(device, slopes, rowColumn(tensorOf(device, 'f32', [view.B, 1], weights, 'verify/weights'), 0));
  const scaled = tableOf(await device.read(slopes), view.T);
  const x = view.table('x');
  const loss = scaled.reduce((sum, row, b) => sum + row.reduce((part, slope, t) => part + (mask[b]![t] === 0 ? 0 : slope * x[b]![t]!), 0), 0);
  // As released: the mean of an empty row is 0 / 0.
  const isReleasedNaN = view.algorithm === 'entmech.seq-mean-token-mean' && view.lengths.includes(0);
  return { loss: isReleasedNaN ? Number.NaN : loss, weights: scaled };
}

const NAMES = [
  ...['token-mean', 'token-sum', 'seq-mean-token-sum', 'seq-mean-token-mean', 'seq-mean-token-sum-norm'],
  ...['entmech.token-mean', 'entmech.seq-mean-token-sum', 'entmech.seq-mean-token-mean', 'entmech.seq-mean-token-sum-norm'],
  ...['easyr1.token', 'easyr1.seq', 'trl.grpo', 'trl.bnpo', 'trl.dapo', 'trl.dr_grpo'],
];

export const aggregation = Object.fromEntries(NAMES.map((name) => [name, aggregate]));
