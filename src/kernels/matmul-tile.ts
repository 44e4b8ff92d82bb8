/** The form of a matrix product for GPUs: blocks staged through workgroup memory, the sum over k in chunks of fixed length. */

import type { Device } from '../gpu/device.ts';
import { defineKernel, read, update } from '../gpu/kernel.ts';
import type { Tensor } from '../gpu/tensor.ts';
import {
  continues,
  type MatmulArrays,
  type MatmulOptions,
  type MatmulTensors,
  matmulTolerance,
  type PackedOption,
  packedRight,
  type RightOperand,
  withoutFormat,
} from './matmul-forms.ts';
import { formatConstants, type PackedFormat } from './weight-format.ts';

export interface MatmulTileOptions extends MatmulOptions {
  readonly aVector: number;
  readonly bVector: number;
  readonly aAlongK: number;
  readonly bAlongK: number;
  /** 1: each chunk of k has its own workgroups, and its sum goes to `out + chunk · M · N`. */
  readonly split: number;
  /** Rows of a lane; a block has 16 times as many. */
  readonly rows: number;
}

const SIDE = 16;
const BLOCK_COLUMNS = 64;
const CHUNK = 512;

const blocksOf = ({ M, N, rows }: Pick<MatmulTileOptions, 'M' | 'N' | 'rows'>): number => Math.ceil(M / (SIDE * rows)) * Math.ceil(N / BLOCK_COLUMNS);

const tileConstants = (options: MatmulTileOptions) => ({ ROWS: options.rows, CHUNK, ...continues(options) });
const tileBlocks = (_: unknown, options: MatmulTileOptions): number => blocksOf(options) * (options.split ? Math.ceil(options.K / CHUNK) : 1);

/** Blocks of 16·rows × 64 through workgroup memory, 256 lanes. */
export const matmulTile = defineKernel({
  name: 'matmul-tile',
  shader: 'matmul/matmul-tile.wgsl',
  bindings: { a: read('f32'), aQuads: read('f32'), b: read('f32'), bQuads: read('f32'), addend: read('f32'), out: update('f32') },
  params: (_, options: MatmulTileOptions) => ({ ...options }),
  constants: (_, options) => tileConstants(options),
  workgroups: tileBlocks,
  lanes: () => SIDE * SIDE,
  reference: (arrays, _, options) => tileReference(arrays, (index) => arrays.b[index]!, options),
  tolerance: matmulTolerance,
});

/** The same with a packed b. */
export const matmulTilePacked = defineKernel({
  name: 'matmul-tile-packed',
  shader: 'matmul/matmul-tile-packed.wgsl',
  bindings: { a: read('f32'), aQuads: read('f32'), b: read('u32'), addend: read('f32'), out: update('f32') },
  params: (_, options: MatmulTileOptions & PackedOption) => withoutFormat(options),
  constants: (_, options) => ({ ...tileConstants(options), ...formatConstants(options.format) }),
  workgroups: tileBlocks,
  lanes: () => SIDE * SIDE,
  reference: (arrays, _, options) => tileReference(arrays, packedRight(arrays.b, options), options),
  tolerance: matmulTolerance,
});

function tileReference({ a, addend, out }: Omit<MatmulArrays, 'b'>, right: RightOperand, o: MatmulTileOptions): void {
  const chunkLength = o.split ? CHUNK : o.K;
  for (let chunk = 0; chunk * chunkLength < o.K; chunk++) {
    for (let m = 0; m < o.M; m++) {
      for (let n = 0; n < o.N; n++) {
        let sum = 0;
        for (let k = chunk * chunkLength; k < Math.min(o.K, (chunk + 1) * chunkLength); k++) {
          sum += a[o.aOffset + m * o.aRow + k * o.aColumn]! * right(o.bOffset + k * o.bRow + n * o.bColumn);
        }
        if (o.useAddend) sum += addend[o.addendOffset + m * o.addendRow + n]!;
        const at = o.outOffset + chunk * o.M * o.N + m * o.outRow + n;
        out[at] = o.accumulate ? out[at]! + sum : sum;
      }
    }
  }
}

export interface MatmulCombineOptions {
  readonly M: number;
  readonly N: number;
  readonly chunks: number;
  readonly addendOffset: number;
  readonly addendRow: number;
  readonly outOffset: number;
  readonly outRow: number;
  readonly useAddend: number;
  readonly accumulate: number;
}

/** The sum of the chunks that `matmulTile` left side by side. */
export const matmulCombine = defineKernel({
  name: 'matmul-combine',
  shader: 'matmul/matmul-combine.wgsl',
  bindings: { partials: read('f32'), addend: read('f32'), out: update('f32') },
  params: (_, options: MatmulCombineOptions) => ({ ...options }),
  threads: (_, { M, N }) => M * N,
  reference({ partials, addend, out }, _, o) {
    for (let i = 0; i < o.M * o.N; i++) {
      const m = Math.floor(i / o.N);
      const n = i % o.N;
      let total = 0;
      for (let c = 0; c < o.chunks; c++) total += partials[c * o.M * o.N + i]!;
      if (o.useAddend) total += addend[o.addendOffset + m * o.addendRow + n]!;
      const at = o.outOffset + m * o.outRow + n;
      out[at] = o.accumulate ? out[at]! + total : total;
    }
  },
  tolerance: matmulTolerance,
});

/** Up to this many rows a block has 16 rows instead of 128. The order of each sum is the same, and so are its bits. */
const FEW_ROWS = 32;
/** With fewer blocks than this, chunks of k get workgroups of their own: enough to fill the GPUs there are. */
const ENOUGH_BLOCKS = 256;

/**
 * Elements of scratch that let a product's chunks of k go to different workgroups; 0 where its blocks alone are enough.
 *
 * Worth it where there are few rows and columns and a long sum: decoding, and the gradient of a small matrix.
 */
export function matmulScratch([M, N, K]: readonly [M: number, N: number, K: number]): number {
  const chunks = Math.ceil(K / CHUNK);
  return chunks > 1 && blocksOf({ M, N, rows: rowsFor(M) }) < ENOUGH_BLOCKS ? M * N * chunks : 0;
}

function rowsFor(M: number): number {
  return M <= FEW_ROWS ? 1 : 8;
}

/** Records a product with the tile form, and its chunks in parallel where `scratch` has room for them. */
export function runTile(
  device: Device,
  { a, b, addend, out }: MatmulTensors,
  options: MatmulOptions,
  { format, scratch }: { readonly format: PackedFormat | undefined; readonly scratch: Tensor | undefined },
): void {
  const { M, N, K } = options;
  const whole: MatmulTileOptions = { ...options, ...quadsOf(options), rows: rowsFor(M), split: 0 };
  const run = (written: Pick<MatmulTensors, 'addend' | 'out'>, tileOptions: MatmulTileOptions): void => {
    if (format) device.run(matmulTilePacked, { a, aQuads: a, b, ...written }, { ...tileOptions, format });
    else device.run(matmulTile, { a, aQuads: a, b, bQuads: b, ...written }, tileOptions);
  };
  const partials = matmulScratch([M, N, K]);
  if (!scratch || partials === 0 || partials > scratch.length) {
    run({ addend, out }, whole);
    return;
  }
  const alone = { outOffset: 0, outRow: N, useAddend: 0, accumulate: 0, split: 1 };
  run({ addend: device.none.f32, out: scratch }, { ...whole, ...alone });
  device.run(matmulCombine, { partials: scratch, addend, out }, { ...options, chunks: Math.ceil(K / CHUNK) });
}

/** Along which side four numbers of each operand lie together, and whether all such fours begin at a multiple of four. */
function quadsOf(o: MatmulOptions): Pick<MatmulTileOptions, 'aAlongK' | 'aVector' | 'bAlongK' | 'bVector'> {
  const fours = (...sizes: number[]): number => (sizes.every((size) => size % 4 === 0) ? 1 : 0);
  const aAlongK = o.aColumn === 1 ? 1 : 0;
  const bAlongK = o.bRow === 1 ? 1 : 0;
  return {
    aAlongK,
    aVector: aAlongK ? fours(o.aOffset, o.aRow, o.K) : o.aRow === 1 ? fours(o.aOffset, o.aColumn, o.M) : 0,
    bAlongK,
    bVector: bAlongK ? fours(o.bOffset, o.bColumn, o.K) : o.bColumn === 1 ? fours(o.bOffset, o.bRow, o.N) : 0,
  };
}
