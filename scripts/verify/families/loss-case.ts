/** Runs the stages of a loss on a case's tables and hands back loss, slopes and row sums. */

import type { MiniBatch } from '../../../src/algorithms/algorithm.ts';
import { Draft, type RowTerms } from '../../../src/algorithms/draft.ts';
import { Workspace } from '../../../src/algorithms/workspace.ts';
import { type Device, tensorOf } from '../../../src/gpu/device.ts';
import type { Tensor } from '../../../src/gpu/tensor.ts';
import type { CaseView } from './case.ts';

/** Fixture fields that a mini-batch holds, by their names there. */
const TABLES = {
  responseMask: 'mask',
  policyLogProbs: 'logp',
  oldLogProbs: 'oldLogp',
  refLogProbs: 'refLogp',
  rolloutLogProbs: 'samplerLogp',
  entropies: 'entropy',
  oldEntropies: 'oldEntropy',
} as const;

export function deviceTable(device: Device, rows: readonly (readonly number[])[]): Tensor {
  return tensorOf(device, 'f32', [rows.length, rows[0]?.length ?? 0], rows.flat(), 'verify/table');
}

/** The case's rows as a mini-batch; `only` takes some of its rows, `fields` replaces some of its tables. */
export function miniBatchOf(view: CaseView, device: Device, only?: readonly number[], fields: Readonly<Record<string, number[][]>> = {}): MiniBatch {
  const rows = only ?? Array.from({ length: view.B }, (_, i) => i);
  const pick = <T>(values: readonly T[]): T[] => rows.map((row) => values[row]!);
  const present = Object.entries(TABLES).filter(([, name]) => fields[name] || view.has(name));
  const tables = Object.fromEntries(present.map(([key, name]) => [key, deviceTable(device, pick(fields[name] ?? view.table(name)))]));
  const mask = pick(fields['mask'] ?? view.table('mask'));
  const lengths = Uint32Array.from(mask, (row) => row.reduce((sum, m) => sum + m, 0));
  const policy = tables['policyLogProbs'] ?? deviceTable(device, mask);
  return {
    device,
    B: rows.length,
    T: view.T,
    tokenCount: lengths.reduce((sum, length) => sum + length, 0),
    rowCount: lengths.filter((length) => length > 0).length,
    responseMask: tables['responseMask'] ?? policy,
    oldLogProbs: policy,
    entropies: policy,
    policyLogProbs: policy,
    ...tables,
    advantages: Float64Array.from(view.has('advantage') ? pick(view.row('advantage')) : rows.map(() => 0)),
    terms: new Map(),
    lengths,
    groupIds: Uint32Array.from(view.has('group') ? pick(view.row('group')) : rows.map(() => 0)),
    rowIds: Uint32Array.from(rows),
    maxTokens: view.T,
  };
}

export function filled(count: number, value: number): Float64Array {
  return new Float64Array(count).fill(value);
}

export interface LossResult {
  readonly loss: number;
  readonly slopeLogp: number[][];
  readonly slopeEntropy: number[][];
  readonly metrics: Record<string, number>;
}

/** Writes an update of the batch with `write`, and reads it back. */
export async function runLoss(batch: MiniBatch, rows: RowTerms, write: (draft: Draft) => void): Promise<LossResult> {
  const draft = new Draft(batch, new Workspace(batch.device), rows);
  batch.device.clear(draft.byLogProb);
  batch.device.clear(draft.byEntropy);
  write(draft);
  const update = draft.finish(true);
  const slopeLogp = tableOf(await batch.device.read(update.byLogProb), batch.T);
  const slopeEntropy = tableOf(await batch.device.read(update.byEntropy), batch.T);
  const metrics = await update.readMetrics();
  return { loss: metrics['loss']!, slopeLogp, slopeEntropy, metrics };
}

export function tableOf(flat: ArrayLike<number>, width: number): number[][] {
  return Array.from({ length: flat.length / width }, (_, b) => Array.from({ length: width }, (_, t) => flat[b * width + t]!));
}
