/**
 * Attention of every query to the keys it may see: a shared prefix, then its own. Training, prefill and decode are the same kernel;
 * only where the keys lie differs.
 */

import { KernelError } from '../base/errors.ts';
import type { Device } from '../gpu/device.ts';
import { defineKernel, read, write } from '../gpu/kernel.ts';
import type { Tensor } from '../gpu/tensor.ts';
import { attentionKeyBackwardDirect, attentionQueryBackwardDirect } from './attention-backward.ts';
import { type AttentionLanes, attentionLanes, type AttentionShape, keyHeadOf, seenKeys } from './attention-shape.ts';
import { expectLength, expectRows, type RowsView } from './rows.ts';

export interface AttentionForwardOptions extends AttentionShape, AttentionLanes {
  readonly queriesOffset: number;
  readonly queriesStride: number;
  readonly keysOffset: number;
  readonly keysStride: number;
  readonly valuesOffset: number;
  readonly valuesStride: number;
  readonly outOffset: number;
  readonly outStride: number;
}

/** One lane to a query's head. */
export const attentionForwardDirect = defineKernel({
  name: 'attention-forward-direct',
  shader: 'attention/attention-forward-direct.wgsl',
  bindings: { queries: read('f32'), keys: read('f32'), values: read('f32'), ranges: read('u32'), out: write('f32'), lse: write('f32') },
  params: (_, options: AttentionForwardOptions) => ({ ...options }),
  constants: (_, { headWidth, shared }) => ({ HEAD_WIDTH: headWidth, SHARED: shared }),
  threads: (_, { count, heads, shared }) => (count * heads) / shared,
  tolerance: { out: { absolute: 2e-6, relative: 1e-5 }, lse: { absolute: 2e-6, relative: 1e-5 } },
  reference({ queries, keys, values, ranges, out, lse }, _, o) {
    for (let row = 0; row < o.count; row++) {
      const seen = seenKeys(ranges, row, o.window);
      for (let head = 0; head < o.heads; head++) {
        const shift = keyHeadOf(head, o) * o.headWidth;
        const query = o.queriesOffset + row * o.queriesStride + head * o.headWidth;
        const place = o.outOffset + row * o.outStride + head * o.headWidth;
        const scores = seen.map((j) => {
          const key = o.keysOffset + j * o.keysStride + shift;
          let score = 0;
          for (let d = 0; d < o.headWidth; d++) score += queries[query + d]! * keys[key + d]!;
          return score * o.scale;
        });
        const highest = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
        const total = seen.length > 0 ? highest + Math.log(scores.reduce((sum, score) => sum + Math.exp(score - highest), 0)) : 0;
        lse[row * o.heads + head] = total;
        out.fill(0, place, place + o.headWidth);
        seen.forEach((j, index) => {
          const weight = Math.exp(scores[index]! - total);
          const value = o.valuesOffset + j * o.valuesStride + shift;
          for (let d = 0; d < o.headWidth; d++) out[place + d]! += weight * values[value + d]!;
        });
      }
    }
  },
});

export interface AttentionForward extends AttentionShape {
  /** Rows of `heads` heads side by side. */
  readonly queries: RowsView;
  /** Rows of `kvHeads` heads side by side: the queries' own rows in training, a cache's otherwise. */
  readonly keys: RowsView;
  readonly values: RowsView;
  readonly out: RowsView;
  /** [count, heads] natural logarithm of each softmax's sum; 0 where nothing is seen. */
  readonly lse: Tensor;
  /** [count, 4] u32: prefixStart, prefixEnd, ownStart, ownEnd, rows of `keys`. The query stands at the last of them. */
  readonly ranges: Tensor;
}

/**
 * Records out = softmax(scale · q · kᵀ) · v over the keys each query sees, and the softmax's log-sum for the way back.
 *
 * @throws KernelError if a tensor is too short or the key heads do not divide the heads
 */
export function attentionForward(device: Device, { queries, keys, values, out, lse, ranges, ...shape }: AttentionForward): void {
  const { count, heads, headWidth } = shape;
  expectWholeGroups(shape);
  expectRows('attention-forward queries', queries, count, heads * headWidth);
  expectRows('attention-forward out', out, count, heads * headWidth);
  expectLength('attention-forward lse', lse, count * heads);
  expectLength('attention-forward ranges', ranges, count * 4);
  const options: AttentionForwardOptions = {
    ...shape,
    ...attentionLanes(device.traits, shape).forward,
    ...{ queriesOffset: queries.offset, queriesStride: queries.stride, keysOffset: keys.offset, keysStride: keys.stride },
    ...{ valuesOffset: values.offset, valuesStride: values.stride, outOffset: out.offset, outStride: out.stride },
  };
  device.run(attentionForwardDirect, { queries: queries.tensor, keys: keys.tensor, values: values.tensor, ranges, out: out.tensor, lse }, options);
}

export interface AttentionBackward extends AttentionShape {
  /** Slices of one tensor that packs queries, keys and values row by row; query i's own key is in row i. */
  readonly queries: RowsView;
  readonly keys: RowsView;
  readonly values: RowsView;
  readonly out: RowsView;
  readonly dOut: RowsView;
  /** [count, heads] */
  readonly lse: Tensor;
  /** [count, 4] u32 */
  readonly ranges: Tensor;
  /** [count] u32: the queries that see row j are among the rows [j, seenUntil[j]). */
  readonly seenUntil: Tensor;
  /** [count, heads], overwritten. */
  readonly delta: Tensor;
  /** Slices of one other tensor, written. */
  readonly dQueries: RowsView;
  readonly dKeys: RowsView;
  readonly dValues: RowsView;
}

/**
 * Records the gradient of `attentionForward` in queries, keys and values: one dispatch by query, one by key.
 *
 * @throws KernelError if queries, keys and values are not of one tensor and stride, their gradients likewise, or a tensor is too short
 */
export function attentionBackward(device: Device, views: AttentionBackward): void {
  const { queries, keys, values, out, dOut, lse, ranges, seenUntil, delta, dQueries, dKeys, dValues, ...shape } = views;
  const { count, heads, kvHeads, headWidth } = shape;
  expectWholeGroups(shape);
  expectPacked('queries, keys and values', queries, keys, values);
  expectPacked('dQueries, dKeys and dValues', dQueries, dKeys, dValues);
  expectRows('attention-backward out', out, count, heads * headWidth);
  expectRows('attention-backward dOut', dOut, count, heads * headWidth);
  expectRows('attention-backward dQueries', dQueries, count, heads * headWidth);
  expectRows('attention-backward dKeys', dKeys, count, kvHeads * headWidth);
  expectRows('attention-backward dValues', dValues, count, kvHeads * headWidth);
  expectLength('attention-backward delta', delta, count * heads);
  expectLength('attention-backward seenUntil', seenUntil, count);
  const common = {
    ...shape,
    ...attentionLanes(device.traits, shape).backward,
    ...{ queriesOffset: queries.offset, keysOffset: keys.offset, valuesOffset: values.offset, packedStride: queries.stride },
    ...{ dOutOffset: dOut.offset, dOutStride: dOut.stride, dPackedStride: dQueries.stride },
  };
  const inputs = { packed: queries.tensor, dOut: dOut.tensor, lse, ranges, delta, dPacked: dQueries.tensor };
  device.run(
    attentionQueryBackwardDirect,
    { ...inputs, out: out.tensor },
    { ...common, outOffset: out.offset, outStride: out.stride, dQueriesOffset: dQueries.offset },
  );
  device.run(attentionKeyBackwardDirect, { ...inputs, seenUntil }, { ...common, dKeysOffset: dKeys.offset, dValuesOffset: dValues.offset });
}

function expectWholeGroups({ heads, kvHeads }: AttentionShape): void {
  if (heads % kvHeads !== 0) throw new KernelError(`attention: expected kvHeads to divide heads, got ${kvHeads} and ${heads}.`);
}

function expectPacked(names: string, first: RowsView, ...others: readonly RowsView[]): void {
  if (others.every(({ tensor, stride }) => tensor.storage.id === first.tensor.storage.id && stride === first.stride)) return;
  throw new KernelError(`attention-backward: expected ${names} to be slices of one packed tensor, got views of several.`);
}
