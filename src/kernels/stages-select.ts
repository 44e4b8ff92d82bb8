/** Which tokens take part: the k that come first, those beyond a limit, and rows near enough to their sampler. */

import { Random } from '../base/random.ts';
import type { Device } from '../gpu/device.ts';
import { defineKernel, read, update, write } from '../gpu/kernel.ts';
import type { Tensor } from '../gpu/tensor.ts';
import type { SumColumns, TableView } from './stages.ts';

/** A number in (0, 1) for every token, named by row id and place. */
export const randomKeysKernel = defineKernel({
  name: 'random-keys',
  shader: 'stage/random-keys.wgsl',
  bindings: { rowIds: read('f32'), keys: write('f32', 'B', 'T') },
  params: (
    { B, T },
    { rowIdsOffset, rowIdsRow, key }: { readonly rowIdsOffset: number; readonly rowIdsRow: number; readonly key: readonly [number, number] },
  ) => ({
    B: B!,
    T: T!,
    rowIdsOffset,
    rowIdsRow,
    key0: key[0],
    key1: key[1],
  }),
  threads: ({ B, T }) => B! * T!,
  reference({ rowIds, keys }, { T }, { rowIdsOffset, rowIdsRow, key }) {
    const random = new Random(key);
    for (let at = 0; at < keys.length; at++) keys[at] = random.uniform(rowIds[rowIdsOffset + Math.floor(at / T!) * rowIdsRow]!, at % T!);
  },
  tolerance: { keys: { absolute: 0 } },
});

export function randomKeys(device: Device, rowIds: TableView, keys: Tensor, random: Random): void {
  device.run(randomKeysKernel, { rowIds: rowIds.tensor, keys }, { rowIdsOffset: rowIds.offset, rowIdsRow: rowIds.row, key: random.key });
}

interface ExtremeOptions {
  readonly largest: number;
  readonly inverted: number;
  readonly countsOffset: number;
  readonly countsRow: number;
}

/** Of each segment, exactly the k eligible values that come first, and the k-th of them. */
export const selectExtremeKernel = defineKernel({
  name: 'select-extreme',
  shader: 'stage/select-extreme.wgsl',
  bindings: { values: read('f32', 'S', 'L'), eligible: read('f32', 'S', 'L'), counts: read('f32'), chosen: write('f32', 'S', 'L'), limits: write('f32', 'S') },
  params: ({ S, L }, options: ExtremeOptions) => ({ ...options, S: S!, L: L! }),
  workgroups: ({ S }) => S!,
  lanes: ({ rowLanes }) => rowLanes,
  reference({ values, eligible, counts, chosen, limits }, { S, L }, o) {
    for (let s = 0; s < S!; s++) {
      const sign = o.largest ? -1 : 1;
      const order = Array.from({ length: L! }, (_, i) => s * L! + i).filter((at) => eligible[at] !== 0);
      order.sort((a, b) => sign * (values[a]! - values[b]!) || a - b);
      const count = counts[o.countsOffset + s * o.countsRow]!;
      chosen.fill(o.inverted, s * L!, (s + 1) * L!);
      for (const at of order.slice(0, count)) chosen[at] = 1 - o.inverted;
      limits[s] = count > 0 && count <= order.length ? values[order[count - 1]!]! : 0;
    }
  },
  tolerance: { chosen: { absolute: 0 }, limits: { absolute: 0 } },
});

export interface Extreme {
  /** One segment per row of a [S, L] view of the tables; batch-wide selections take one row. */
  readonly segments: readonly [S: number, L: number];
  readonly values: Tensor;
  readonly eligible: Tensor;
  /** How many of each segment. */
  readonly counts: TableView;
  /** Whether the largest or the smallest come first. */
  readonly order: 'largest' | 'smallest';
  /** Gets 1 where chosen and 0 elsewhere; the other way round where `inverted`. */
  readonly chosen: Tensor;
  readonly inverted?: boolean;
  /** [S] The k-th value; 0 where fewer than k are eligible or k is 0. */
  readonly limits: Tensor;
}

/** Chooses exactly k of each segment, or all where fewer are eligible; equal values in order of index. */
export function selectExtreme(device: Device, { segments: [S, L], values, eligible, counts, order, chosen, inverted = false, limits }: Extreme): void {
  device.run(
    selectExtremeKernel,
    { values: values.as(S, L), eligible: eligible.as(S, L), counts: counts.tensor, chosen: chosen.as(S, L), limits },
    { largest: order === 'largest' ? 1 : 0, inverted: inverted ? 1 : 0, countsOffset: counts.offset, countsRow: counts.row },
  );
}

interface BeyondOptions {
  readonly limitsRow: number;
  readonly strict: number;
  readonly sumsAt: number;
}

/** keep = 1 where value ≥ limit (or >), 0 elsewhere and where the mask is 0. */
export const keepBeyondKernel = defineKernel({
  name: 'keep-beyond',
  shader: 'stage/keep-beyond.wgsl',
  bindings: {
    responseMask: read('f32', 'B', 'T'),
    values: read('f32', 'B', 'T'),
    limits: read('f32'),
    keep: write('f32', 'B', 'T'),
    sums: update('f32', 'B', 'S'),
  },
  params: ({ B, T, S }, options: BeyondOptions) => ({ ...options, B: B!, T: T!, sumsWidth: S! }),
  threads: ({ B }) => B!,
  reference({ responseMask, values, limits, keep, sums }, { B, T, S }, { limitsRow, strict, sumsAt }) {
    for (let b = 0; b < B!; b++) {
      let count = 0;
      for (let at = b * T!; at < (b + 1) * T!; at++) {
        const limit = limits[b * limitsRow]!;
        keep[at] = responseMask[at] !== 0 && (values[at]! > limit || (!strict && values[at] === limit)) ? 1 : 0;
        count += keep[at]!;
      }
      sums[b * S! + sumsAt] = count;
    }
  },
  tolerance: { keep: { absolute: 0 }, sums: { absolute: 0 } },
});

export interface Beyond {
  readonly responseMask: Tensor;
  readonly values: Tensor;
  /** [1] for the whole batch, or [B]. */
  readonly limits: Tensor;
  readonly strict?: boolean;
  readonly keep: Tensor;
  /** One column: the kept tokens of each row. */
  readonly sums: SumColumns;
}

export function keepBeyond(device: Device, { limits, strict = false, sums, ...tables }: Beyond): void {
  device.run(keepBeyondKernel, { ...tables, limits, sums: sums.tensor }, { limitsRow: limits.length > 1 ? 1 : 0, strict: strict ? 1 : 0, sumsAt: sums.at });
}

interface OffPolicyOptions {
  readonly advantageOffset: number;
  readonly advantageRow: number;
  readonly threshold: number;
  readonly sumsAt: number;
}

/** keep = 0 in rows with a negative advantage that have drifted from the sampler by more than the threshold. */
export const offPolicyRowsKernel = defineKernel({
  name: 'off-policy-rows',
  shader: 'stage/off-policy-rows.wgsl',
  bindings: {
    responseMask: read('f32', 'B', 'T'),
    policyLogProbs: read('f32', 'B', 'T'),
    rolloutLogProbs: read('f32', 'B', 'T'),
    advantages: read('f32'),
    keep: write('f32', 'B', 'T'),
    sums: update('f32', 'B', 'S'),
  },
  params: ({ B, T, S }, options: OffPolicyOptions) => ({ ...options, B: B!, T: T!, sumsWidth: S! }),
  threads: ({ B }) => B!,
  reference({ responseMask, policyLogProbs, rolloutLogProbs, advantages, keep, sums }, { B, T, S }, o) {
    for (let b = 0; b < B!; b++) {
      const valid = Array.from({ length: T! }, (_, t) => b * T! + t).filter((at) => responseMask[at] !== 0);
      const drift = valid.reduce((sum, at) => sum + rolloutLogProbs[at]! - policyLogProbs[at]!, 0) / Math.max(1, valid.length);
      const isKept = !(advantages[o.advantageOffset + b * o.advantageRow]! < 0 && drift > o.threshold);
      keep.fill(0, b * T!, (b + 1) * T!);
      if (isKept) for (const at of valid) keep[at] = 1;
      sums[b * S! + o.sumsAt] = isKept ? valid.length : 0;
    }
  },
  tolerance: { keep: { absolute: 0 }, sums: { absolute: 0 } },
});

export interface OffPolicyRows {
  readonly responseMask: Tensor;
  readonly policyLogProbs: Tensor;
  readonly rolloutLogProbs: Tensor;
  readonly advantages: TableView;
  readonly threshold: number;
  readonly keep: Tensor;
  readonly sums: SumColumns;
}

export function offPolicyRows(device: Device, { advantages, threshold, sums, ...tables }: OffPolicyRows): void {
  device.run(
    offPolicyRowsKernel,
    { ...tables, advantages: advantages.tensor, sums: sums.tensor },
    {
      advantageOffset: advantages.offset,
      advantageRow: advantages.row,
      threshold,
      sumsAt: sums.at,
    },
  );
}

export const kernels = [randomKeysKernel, selectExtremeKernel, keepBeyondKernel, offPolicyRowsKernel];
