/** The forms of a matrix product for CPU adapters: no barriers, tiles in registers, the sum over k in one fixed order. */

import { defineKernel, read, update } from '../gpu/kernel.ts';
import type { Tensor } from '../gpu/tensor.ts';

/** The product's sizes and where its operands lie: element (i, j) of a view is at `offset + i · row + j · column`. */
export interface MatmulOptions {
  readonly M: number;
  readonly N: number;
  readonly K: number;
  readonly aOffset: number;
  readonly aRow: number;
  readonly aColumn: number;
  readonly bOffset: number;
  readonly bRow: number;
  readonly bColumn: number;
  readonly addendOffset: number;
  readonly addendRow: number;
  readonly outOffset: number;
  readonly outRow: number;
  readonly useAddend: number;
  readonly accumulate: number;
}

type Operands<T> = Readonly<Record<'a' | 'b' | 'addend' | 'out', T>>;
export type MatmulTensors = Operands<Tensor>;
export type MatmulArrays = Operands<Float64Array>;

const bindings = { a: read('f32'), b: read('f32'), addend: read('f32'), out: update('f32') };
export const matmulTolerance = { out: { absolute: 1e-5, relative: 1e-5 } };

function matmulReference({ a, b, addend, out }: MatmulArrays, o: MatmulOptions): void {
  for (let m = 0; m < o.M; m++) {
    for (let n = 0; n < o.N; n++) {
      let sum = 0;
      for (let k = 0; k < o.K; k++) {
        sum += a[o.aOffset + m * o.aRow + k * o.aColumn]! * b[o.bOffset + k * o.bRow + n * o.bColumn]!;
      }
      if (o.useAddend) sum += addend[o.addendOffset + m * o.addendRow + n]!;
      const at = o.outOffset + m * o.outRow + n;
      out[at] = o.accumulate ? out[at]! + sum : sum;
    }
  }
}

const DIRECT_TILE = 8;

/** For any CPU adapter: no barriers, each lane an 8 × 8 tile in registers. */
export const matmulDirect = defineKernel({
  name: 'matmul-direct',
  shader: 'matmul/matmul-direct.wgsl',
  bindings,
  params: (_, options: MatmulOptions) => ({ ...options }),
  threads: (_, { M, N }) => Math.ceil(M / DIRECT_TILE) * Math.ceil(N / DIRECT_TILE),
  reference: (arrays, _, options) => matmulReference(arrays, options),
  tolerance: matmulTolerance,
});

const SUBGROUP_TILE = 32;

export interface MatmulSubgroupOptions extends MatmulOptions {
  /** Lanes that share a tile: 4 or 8, and no more than a subgroup has. */
  readonly subgroupLanes: number;
}

/** For CPU adapters with subgroups: no barriers, each subgroup a 32 × 32 tile in registers. */
export const matmulSubgroup = defineKernel({
  name: 'matmul-subgroup',
  shader: 'matmul/matmul-subgroup.wgsl',
  bindings,
  params: (_, options: MatmulSubgroupOptions) => ({ ...options }),
  constants: (_, { subgroupLanes }) => ({ SUBGROUP: subgroupLanes, PARTS: SUBGROUP_TILE / subgroupLanes }),
  workgroups: (_, { M, N }) => Math.ceil(M / SUBGROUP_TILE) * Math.ceil(N / SUBGROUP_TILE),
  lanes: ({ subgroupLanes }) => Math.max(4, subgroupLanes),
  reference: (arrays, _, options) => matmulReference(arrays, options),
  tolerance: matmulTolerance,
});

/** Whether a CPU adapter's subgroups fit the subgroup form. */
export function fitsSubgroupForm(subgroupLanes: number): boolean {
  return subgroupLanes === 4 || subgroupLanes === 8;
}
