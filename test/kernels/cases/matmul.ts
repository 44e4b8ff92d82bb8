import { type MatmulOptions, matmulDirect, matmulDirectPacked, matmulSubgroup, matmulSubgroupPacked } from '../../../src/kernels/matmul-forms.ts';
import { matmulCombine, matmulTile, matmulTilePacked } from '../../../src/kernels/matmul-tile.ts';
import { PACKED_FORMATS, type PackedFormat } from '../../../src/kernels/weight-format.ts';
import { garbage, type KernelCase, kernelCase, numberSource, type TensorSpec } from '../kernel-case.ts';
import { packedNumbers } from '../packed-numbers.ts';

const numbers = numberSource('matmul');

interface Operands {
  readonly a: TensorSpec;
  readonly b: TensorSpec;
  readonly addend: TensorSpec;
  readonly out: TensorSpec;
}

type MakeCase = (title: string, operands: Operands, options: MatmulOptions) => KernelCase[];

/** One size in two layouts: a · b, then aᵀ · bᵀ with a bias and accumulated. `out` has a column to spare, and a place before its first row. */
function layouts([M, N, K]: readonly [number, number, number], make: MakeCase): KernelCase[] {
  const shape = { M, N, K, aOffset: 4, bOffset: 0, outOffset: 1, outRow: N + 1 };
  const a = numbers([4 + M * K]);
  const b = numbers([K * N]);
  const title = `${M} × ${N} × ${K}`;
  const plain: MatmulOptions = { ...shape, aRow: K, aColumn: 1, bRow: N, bColumn: 1, addendOffset: 0, addendRow: 0, useAddend: 0, accumulate: 0 };
  const turned: MatmulOptions = { ...shape, aRow: 1, aColumn: M, bRow: 1, bColumn: K, addendOffset: 3, addendRow: 0, useAddend: 1, accumulate: 1 };
  const size = 1 + M * (N + 1);
  return [
    ...make(title, { a, b, addend: numbers([4]), out: garbage([size]) }, plain),
    ...make(`${title}, transposed, with a bias, accumulated`, { a, b, addend: numbers([N + 3]), out: numbers([size]) }, turned),
    ...make(`${title}, going on from a sum`, { a, b, addend: numbers([4]), out: numbers([size]) }, { ...plain, accumulate: 2 }),
  ];
}

const direct: MakeCase = (title, operands, options) => [kernelCase(matmulDirect, title, operands, options)];

const subgroup: MakeCase = (title, operands, options) => [kernelCase(matmulSubgroup, title, operands, { ...options, subgroupLanes: 4 })];

/** With both heights of a block, and with quads of four where the sizes allow them. */
function tile(title: string, { a, b, addend, out }: Operands, options: MatmulOptions): KernelCase[] {
  const { M, N, K, aColumn, bRow } = options;
  const quads = { aAlongK: aColumn === 1 ? 1 : 0, bAlongK: bRow === 1 ? 1 : 0 };
  const operands = { a, aQuads: a, b, bQuads: b, addend, out };
  const vectors = [M, N, K].every((size) => size % 4 === 0) ? [0, 1] : [0];
  return vectors.flatMap((vector) =>
    [1, 8].map((rows) =>
      kernelCase(matmulTile, `${title}, ${rows} rows a lane${vector ? ', in fours' : ''}`, operands, {
        ...options,
        ...quads,
        aVector: vector,
        bVector: vector,
        rows,
        split: 0,
      }),
    ),
  );
}

function splitTile(M: number, N: number, K: number): KernelCase {
  const a = numbers([M * K]);
  const b = numbers([K * N]);
  const views = { aOffset: 0, aRow: K, aColumn: 1, bOffset: 0, bRow: N, bColumn: 1, addendOffset: 0, addendRow: 0, outOffset: 0, outRow: N };
  const options = { M, N, K, ...views, useAddend: 0, accumulate: 0, aAlongK: 1, bAlongK: 0, aVector: 0, bVector: 0, rows: 1, split: 1 };
  const out = garbage([Math.ceil(K / 512) * M * N]);
  return kernelCase(matmulTile, `${M} × ${N} × ${K}, a workgroup for each chunk`, { a, aQuads: a, b, bQuads: b, addend: numbers([4]), out }, options);
}

/** Products with W and with Wᵀ, W [rows, 96] packed: an odd number of blocks, from a row of its own on, the second accumulated. */
function packed(format: PackedFormat): KernelCase[] {
  const [count, outputs, inputs, firstRow] = [37, 43, 96, 2];
  const b = packedNumbers(format, (firstRow + outputs) * inputs);
  const shared = { aOffset: 0, aColumn: 1, bOffset: firstRow * inputs, addendOffset: 0, addendRow: 0, outOffset: 0, useAddend: 0 };
  const forward = { ...shared, M: count, N: outputs, K: inputs, aRow: inputs, bRow: 1, bColumn: inputs, outRow: outputs, accumulate: 0 };
  const backward = { ...shared, M: count, N: inputs, K: outputs, aRow: outputs, bRow: inputs, bColumn: 1, outRow: inputs, accumulate: 2 };
  const x = { a: numbers([count * inputs]), b, addend: numbers([4]), out: garbage([count * outputs]) };
  const dOut = { a: numbers([count * outputs]), b, addend: numbers([4]), out: numbers([count * inputs]) };
  return (
    [
      ['x · Wᵀ', x, forward],
      ['dy · W', dOut, backward],
    ] as const
  ).flatMap(([product, operands, options]) => {
    const title = `${product}, ${format}`;
    const vectors = { aVector: options.aRow % 4 === 0 ? 1 : 0, bVector: 1, aAlongK: 1, bAlongK: options.bRow === 1 ? 1 : 0, split: 0 };
    return [
      kernelCase(matmulDirectPacked, title, operands, { ...options, format }),
      ...[4, 8].map((subgroupLanes) =>
        kernelCase(matmulSubgroupPacked, `${title}, ${subgroupLanes} lanes`, operands, { ...options, subgroupLanes, format }, { subgroupLanes }),
      ),
      // Each program takes seconds to compile: high blocks for one format.
      ...[0, 1].map((inFours) =>
        kernelCase(
          matmulTilePacked,
          `${title}${inFours ? ', in fours' : ''}`,
          { ...operands, aQuads: operands.a },
          { ...options, ...vectors, bVector: inFours, rows: format === 'q8_0' && options === backward ? 8 : 1, format },
        ),
      ),
    ];
  });
}

function combine(M: number, N: number, chunks: number): KernelCase {
  const tensors = { partials: numbers([chunks * M * N]), addend: numbers([2 + M * N]), out: numbers([1 + M * (N + 2)]) };
  const options = { M, N, chunks, addendOffset: 2, addendRow: N, outOffset: 1, outRow: N + 2, useAddend: 1, accumulate: 1 };
  return kernelCase(matmulCombine, `${chunks} × ${M} × ${N}`, tensors, options);
}

export const matmulCases: readonly KernelCase[] = [
  ...(
    [
      [1, 1, 1],
      [13, 11, 7],
      [8, 8, 8],
      [9, 7, 33],
      [331, 37, 5],
    ] as const
  ).flatMap((size) => layouts(size, direct)),
  ...(
    [
      [1, 1, 1],
      [8, 33, 5],
      [33, 17, 5],
      [32, 16, 8],
      [31, 7, 33],
      [331, 37, 6],
    ] as const
  ).flatMap((size) => layouts(size, subgroup)),
  ...(
    [
      [1, 1, 1],
      [13, 11, 7],
      [132, 68, 36],
      [17, 5, 515],
    ] as const
  ).flatMap((size) => layouts(size, tile)),
  splitTile(19, 70, 1030),
  ...PACKED_FORMATS.flatMap(packed),
  combine(7, 31, 3),
];
