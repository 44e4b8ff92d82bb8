/** Rows of a table: picked, placed and summed. */

import { KernelError } from '../base/errors.ts';
import type { Device } from '../gpu/device.ts';
import { defineKernel, read, update } from '../gpu/kernel.ts';
import type { Tensor } from '../gpu/tensor.ts';
import type { DeviceTraits } from '../gpu/traits.ts';
import { formatConstants, type PackedFormat, weightOf } from './weight-format.ts';

/** Rows inside a tensor: row r begins at `offset + r · stride`. A slice of packed rows is another offset. */
export interface RowsView {
  readonly tensor: Tensor;
  readonly offset: number;
  readonly stride: number;
}

/** Rows `stride` elements apart, beginning `offset` elements into the tensor. */
export function rowsOf(tensor: Tensor, stride: number, offset = 0): RowsView {
  return { tensor, offset, stride };
}

/** @throws KernelError if the tensor ends before the last of `count` rows of `width` elements */
export function expectRows(subject: string, { tensor, offset, stride }: RowsView, count: number, width: number): void {
  if (count === 0) return;
  expectLength(subject, tensor, offset + (count - 1) * stride + width);
}

/** @throws KernelError if the tensor has fewer elements */
export function expectLength(subject: string, tensor: Tensor, length: number): void {
  if (tensor.length >= length) return;
  throw new KernelError(`${subject}: expected at least ${length} elements, got ${tensor.length} ([${tensor.shape.join(', ')}], ${tensor.storage.label}).`);
}

/**
 * How many lanes share a row in kernels that treat its elements alike.
 *
 * A GPU wants neighbouring lanes on neighbouring elements, and few elements each; on a processor a lane is dearer than a turn of its loop.
 */
export function partsOf({ tier }: DeviceTraits, width: number): number {
  return Math.ceil(width / (tier === 'software' ? 32 : 4));
}

interface RowsOptions {
  readonly width: number;
  readonly parts: number;
  readonly sourceOffset: number;
  readonly sourceStride: number;
  readonly outOffset: number;
  readonly outStride: number;
}

export interface PickOptions extends RowsOptions {
  readonly count: number;
}

/** The rows of a table that a tensor holds: [firstRow, endRow). */
export interface RowRange {
  readonly firstRow: number;
  readonly endRow: number;
}

export const ALL_ROWS: RowRange = { firstRow: 0, endRow: 0xffff_ffff };

export interface GatherOptions extends PickOptions, RowRange {
  readonly accumulate: number;
}

export interface GatherPackedOptions extends GatherOptions {
  readonly format: PackedFormat;
}

export interface SegmentSumOptions extends RowsOptions, RowRange {
  readonly segments: number;
}

const exact = { out: { absolute: 0 } };

/** out[i] = from[rows[i]] (+ out[i]) */
export const gatherRowsKernel = defineKernel({
  name: 'gather-rows',
  shader: 'rows/gather-rows.wgsl',
  bindings: { source: read('f32'), rows: read('u32'), out: update('f32') },
  params: (_, options: GatherOptions) => ({ ...options }),
  threads: (_, { count, parts }) => count * parts,
  tolerance: exact,
  reference: ({ source, rows, out }, _, options) => gather((index) => source[index]!, rows, out, options),
});

/** The same from packed rows. */
export const gatherRowsPackedKernel = defineKernel({
  name: 'gather-rows-packed',
  shader: 'rows/gather-rows-packed.wgsl',
  bindings: { source: read('u32'), rows: read('u32'), out: update('f32') },
  params: (_, { format: _format, ...params }: GatherPackedOptions) => params,
  constants: (_, { format }) => formatConstants(format),
  threads: (_, { count, parts }) => count * parts,
  tolerance: exact,
  reference: ({ source, rows, out }, _, options) => gather((index) => weightOf(options.format, source, index), rows, out, options),
});

function gather(sourceAt: (index: number) => number, rows: Uint32Array, out: Float64Array, o: GatherOptions): void {
  for (let i = 0; i < o.count; i++) {
    const row = rows[i]!;
    if (row < o.firstRow || row >= o.endRow) continue;
    const start = o.sourceOffset + (row - o.firstRow) * o.sourceStride;
    const place = o.outOffset + i * o.outStride;
    for (let c = 0; c < o.width; c++) out[place + c] = sourceAt(start + c) + (o.accumulate ? out[place + c]! : 0);
  }
}

/** out[rows[i]] = from[i] */
export const scatterRowsKernel = defineKernel({
  name: 'scatter-rows',
  shader: 'rows/scatter-rows.wgsl',
  bindings: { source: read('f32'), rows: read('u32'), out: update('f32') },
  params: (_, options: PickOptions) => ({ ...options }),
  threads: (_, { count, parts }) => count * parts,
  tolerance: exact,
  reference({ source, rows, out }, _, o) {
    for (let i = 0; i < o.count; i++) {
      const start = o.sourceOffset + i * o.sourceStride;
      out.set(source.subarray(start, start + o.width), o.outOffset + rows[i]! * o.outStride);
    }
  },
});

/** out[targets[s]] += Σ from[order[j]] over the segment's j */
export const segmentSumKernel = defineKernel({
  name: 'segment-sum',
  shader: 'rows/segment-sum.wgsl',
  bindings: { source: read('f32'), order: read('u32'), starts: read('u32'), targets: read('u32'), out: update('f32') },
  params: (_, options: SegmentSumOptions) => ({ ...options }),
  threads: (_, { segments, parts }) => segments * parts,
  tolerance: { out: { absolute: 1e-6, relative: 1e-6 } },
  reference({ source, order, starts, targets, out }, _, o) {
    for (let s = 0; s < o.segments; s++) {
      const row = targets[s]!;
      if (row < o.firstRow || row >= o.endRow) continue;
      const place = o.outOffset + (row - o.firstRow) * o.outStride;
      for (let j = starts[s]!; j < starts[s + 1]!; j++) {
        const start = o.sourceOffset + order[j]! * o.sourceStride;
        for (let c = 0; c < o.width; c++) out[place + c]! += source[start + c]!;
      }
    }
  },
});

export interface PickedRows {
  readonly from: RowsView;
  /** [count] u32; distinct where they say where to write. */
  readonly rows: Tensor;
  readonly out: RowsView;
  readonly count: number;
  readonly width: number;
}

export interface GatheredRows extends PickedRows {
  /** Where `from` holds a range of the table's rows: which. Rows picked elsewhere leave `out` as it is. */
  readonly range?: RowRange;
  /** How `from` holds its numbers, where they are packed; its offset and stride count numbers. */
  readonly format?: PackedFormat;
  /** Adds to what `out` holds. */
  readonly accumulate?: boolean;
}

/**
 * Records out[i] = from[rows[i]] (+ out[i]): an embedding, or the rows of a batch that matter.
 *
 * @throws KernelError if a tensor is too short
 */
export function gatherRows(device: Device, { from, rows, out, count, width, range = ALL_ROWS, format, accumulate = false }: GatheredRows): void {
  expectLength('gather-rows rows', rows, count);
  expectRows('gather-rows out', out, count, width);
  const tensors = { source: from.tensor, rows, out: out.tensor };
  const options = { count, ...rowsOptions(device, from, out, width), ...range, accumulate: accumulate ? 1 : 0 };
  if (format) device.run(gatherRowsPackedKernel, tensors, { ...options, format });
  else device.run(gatherRowsKernel, tensors, options);
}

/**
 * Records out[rows[i]] = from[i]; other rows of `out` stay as they are.
 *
 * @throws KernelError if a tensor is too short
 */
export function scatterRows(device: Device, { from, rows, out, count, width }: PickedRows): void {
  expectLength('scatter-rows rows', rows, count);
  expectRows('scatter-rows from', from, count, width);
  device.run(scatterRowsKernel, { source: from.tensor, rows, out: out.tensor }, { count, ...rowsOptions(device, from, out, width) });
}

export interface SegmentSum {
  readonly from: RowsView;
  /** u32: rows of `from`, segment after segment. */
  readonly order: Tensor;
  /** [segments + 1] u32: where each segment begins in `order`, and where the last one ends. */
  readonly starts: Tensor;
  /** [segments] u32: distinct rows of `out`. */
  readonly targets: Tensor;
  readonly out: RowsView;
  readonly segments: number;
  readonly width: number;
  /** Where `out` holds a range of the table's rows: which. Segments that belong elsewhere are left out. */
  readonly range?: RowRange;
}

/**
 * Records out[targets[s]] += Σ from[order[j]] for starts[s] ≤ j < starts[s + 1], in that order: the gradient of an embedding.
 *
 * @throws KernelError if a tensor is too short
 */
export function segmentSum(device: Device, { from, order, starts, targets, out, segments, width, range = ALL_ROWS }: SegmentSum): void {
  expectLength('segment-sum starts', starts, segments + 1);
  expectLength('segment-sum targets', targets, segments);
  const tensors = { source: from.tensor, order, starts, targets, out: out.tensor };
  device.run(segmentSumKernel, tensors, { segments, ...rowsOptions(device, from, out, width), ...range });
}

function rowsOptions(device: Device, from: RowsView, out: RowsView, width: number): RowsOptions {
  return { width, parts: partsOf(device.traits, width), sourceOffset: from.offset, sourceStride: from.stride, outOffset: out.offset, outStride: out.stride };
}
