/** The two halves of attention's gradient: by query, and by key. The host function is `attentionBackward` in attention.ts. */

import { defineKernel, read, update, write } from '../gpu/kernel.ts';
import { type AttentionLanes, type AttentionShape, keyHeadOf, seenKeys } from './attention-shape.ts';

interface PackedOptions extends AttentionShape, AttentionLanes {
  readonly queriesOffset: number;
  readonly keysOffset: number;
  readonly valuesOffset: number;
  readonly packedStride: number;
  readonly dOutOffset: number;
  readonly dOutStride: number;
  readonly dPackedStride: number;
}

export interface AttentionQueryBackwardOptions extends PackedOptions {
  readonly outOffset: number;
  readonly outStride: number;
  readonly dQueriesOffset: number;
}

export interface AttentionKeyBackwardOptions extends PackedOptions {
  readonly dKeysOffset: number;
  readonly dValuesOffset: number;
}

const tolerance = { absolute: 1e-5, relative: 2e-5 };

/** One lane to a query's head; also writes delta = dOut · out. */
export const attentionQueryBackwardDirect = defineKernel({
  name: 'attention-query-backward-direct',
  shader: 'attention/attention-query-backward-direct.wgsl',
  bindings: {
    packed: read('f32'),
    out: read('f32'),
    dOut: read('f32'),
    lse: read('f32'),
    ranges: read('u32'),
    delta: write('f32'),
    dPacked: update('f32'),
  },
  params: (_, options: AttentionQueryBackwardOptions) => ({ ...options }),
  constants: (_, { headWidth, shared }) => ({ HEAD_WIDTH: headWidth, SHARED: shared }),
  threads: (_, { count, heads, shared }) => (count * heads) / shared,
  tolerance: { delta: tolerance, dPacked: tolerance },
  reference({ packed, out, dOut, lse, ranges, delta, dPacked }, _, o) {
    for (let row = 0; row < o.count; row++) {
      const seen = seenKeys(ranges, row, o.window);
      for (let head = 0; head < o.heads; head++) {
        const shift = keyHeadOf(head, o) * o.headWidth;
        const query = o.queriesOffset + row * o.packedStride + head * o.headWidth;
        const slopes = o.dOutOffset + row * o.dOutStride + head * o.headWidth;
        const place = o.dQueriesOffset + row * o.dPackedStride + head * o.headWidth;
        const index = row * o.heads + head;
        delta[index] = dot(dOut, slopes, out, o.outOffset + row * o.outStride + head * o.headWidth, o.headWidth);
        dPacked.fill(0, place, place + o.headWidth);
        for (const j of seen) {
          const key = o.keysOffset + j * o.packedStride + shift;
          const value = o.valuesOffset + j * o.packedStride + shift;
          const weight = Math.exp(o.scale * dot(packed, query, packed, key, o.headWidth) - lse[index]!);
          const scoreSlope = weight * (dot(dOut, slopes, packed, value, o.headWidth) - delta[index]);
          for (let d = 0; d < o.headWidth; d++) dPacked[place + d]! += o.scale * scoreSlope * packed[key + d]!;
        }
      }
    }
  },
});

/** One lane to a key's head. The reference asks every query, so `seenUntil` is checked by it rather than trusted. */
export const attentionKeyBackwardDirect = defineKernel({
  name: 'attention-key-backward-direct',
  shader: 'attention/attention-key-backward-direct.wgsl',
  bindings: {
    packed: read('f32'),
    dOut: read('f32'),
    lse: read('f32'),
    delta: read('f32'),
    ranges: read('u32'),
    seenUntil: read('u32'),
    dPacked: update('f32'),
  },
  params: (_, options: AttentionKeyBackwardOptions) => ({ ...options }),
  constants: (_, { headWidth, keys }) => ({ HEAD_WIDTH: headWidth, KEYS: keys }),
  threads: (_, { count, kvHeads, keys }) => Math.ceil(count / keys) * kvHeads,
  tolerance: { dPacked: tolerance },
  reference({ packed, dOut, lse, delta, ranges, dPacked }, _, o) {
    const width = o.kvHeads * o.headWidth;
    for (let j = 0; j < o.count; j++) {
      dPacked.fill(0, o.dKeysOffset + j * o.dPackedStride, o.dKeysOffset + j * o.dPackedStride + width);
      dPacked.fill(0, o.dValuesOffset + j * o.dPackedStride, o.dValuesOffset + j * o.dPackedStride + width);
    }
    for (let row = 0; row < o.count; row++) {
      const seen = seenKeys(ranges, row, o.window);
      for (let head = 0; head < o.heads; head++) {
        const shift = keyHeadOf(head, o) * o.headWidth;
        const query = o.queriesOffset + row * o.packedStride + head * o.headWidth;
        const slopes = o.dOutOffset + row * o.dOutStride + head * o.headWidth;
        const index = row * o.heads + head;
        for (const j of seen) {
          const key = o.keysOffset + j * o.packedStride + shift;
          const value = o.valuesOffset + j * o.packedStride + shift;
          const weight = Math.exp(o.scale * dot(packed, query, packed, key, o.headWidth) - lse[index]!);
          const scoreSlope = weight * (dot(dOut, slopes, packed, value, o.headWidth) - delta[index]!);
          const keyPlace = o.dKeysOffset + j * o.dPackedStride + shift;
          const valuePlace = o.dValuesOffset + j * o.dPackedStride + shift;
          for (let d = 0; d < o.headWidth; d++) {
            dPacked[keyPlace + d]! += o.scale * scoreSlope * packed[query + d]!;
            dPacked[valuePlace + d]! += weight * dOut[slopes + d]!;
          }
        }
      }
    }
  },
});

function dot(a: Float64Array, aStart: number, b: Float64Array, bStart: number, width: number): number {
  let sum = 0;
  for (let d = 0; d < width; d++) sum += a[aStart + d]! * b[bStart + d]!;
  return sum;
}
