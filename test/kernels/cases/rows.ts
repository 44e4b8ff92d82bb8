import { columnPartials, columnTotalDirect, columnTotalWorkgroup } from '../../../src/kernels/column-sum.ts';
import { ALL_ROWS, gatherRowsKernel, gatherRowsPackedKernel, scatterRowsKernel, segmentSumKernel } from '../../../src/kernels/rows.ts';
import { PACKED_FORMATS } from '../../../src/kernels/weight-format.ts';
import { garbage, given, kernelCase, numberSource } from '../kernel-case.ts';
import { packedNumbers } from '../packed-numbers.ts';

const numbers = numberSource('rows');

/** Rows picked, and their width, with one lane and several to a row. */
const picked = [
  { count: 1, width: 1, parts: 1 },
  { count: 13, width: 7, parts: 3 },
  { count: 17, width: 16, parts: 1 },
  { count: 331, width: 5, parts: 5 },
];

const picks = picked.flatMap(({ count, width, parts }) => {
  const rows = given(Array.from({ length: count }, (_, i) => (i * 7 + 2) % count));
  const options = { count, width, parts, sourceOffset: 3, sourceStride: width + 2, outOffset: 1, outStride: width + 1 };
  const title = `${count} rows of ${width}`;
  return [
    kernelCase(
      gatherRowsKernel,
      title,
      { source: numbers([3 + count * (width + 2)]), rows, out: garbage([2 + count * (width + 1)]) },
      { ...options, ...ALL_ROWS, accumulate: 0 },
    ),
    kernelCase(scatterRowsKernel, title, { source: numbers([3 + count * (width + 2)]), rows, out: garbage([2 + count * (width + 1)]) }, options),
  ];
});

/** Rows 5 to 16 of a table of 21, the others left alone; and packed rows, whose last run of 64 is not whole. */
const ranges = [
  kernelCase(
    gatherRowsKernel,
    'a range of rows',
    { source: numbers([11 * 7]), rows: given(Array.from({ length: 21 }, (_, i) => (i * 8) % 21)), out: numbers([21 * 7]) },
    { count: 21, width: 7, parts: 2, sourceOffset: 0, sourceStride: 7, outOffset: 0, outStride: 7, firstRow: 5, endRow: 16, accumulate: 1 },
  ),
  kernelCase(
    segmentSumKernel,
    'a range of rows',
    {
      source: numbers([9 * 5]),
      order: given([8, 3, 1, 0, 2, 4, 7, 6, 5]),
      starts: given([0, 2, 3, 6, 9]),
      targets: given([4, 6, 9, 7]),
      out: numbers([3 * 5]),
    },
    { segments: 4, width: 5, parts: 2, sourceOffset: 0, sourceStride: 5, outOffset: 0, outStride: 5, firstRow: 5, endRow: 8 },
  ),
  ...PACKED_FORMATS.map((format) =>
    kernelCase(
      gatherRowsPackedKernel,
      format,
      { source: packedNumbers(format, 11 * 96), rows: given(Array.from({ length: 21 }, (_, i) => (i * 8) % 21)), out: garbage([1 + 21 * 97]) },
      { count: 21, width: 96, parts: 5, sourceOffset: 0, sourceStride: 96, outOffset: 1, outStride: 97, firstRow: 5, endRow: 16, accumulate: 0, format },
    ),
  ),
];

/** Segments of 0, 1, 2, … rows. */
const sums = picked.map(({ count: segments, width, parts }) => {
  const lengths = Array.from({ length: segments }, (_, s) => (s * 3 + 1) % 5);
  const starts = lengths.reduce((all, length) => [...all, all.at(-1)! + length], [0]);
  const order = Array.from({ length: starts.at(-1)! }, (_, j) => (j * 5) % starts.at(-1)!);
  return kernelCase(
    segmentSumKernel,
    `${segments} segments of ${width}`,
    {
      source: numbers([2 + order.length * width]),
      order: given(order),
      starts: given(starts),
      targets: given(Array.from({ length: segments }, (_, s) => segments - s)),
      out: numbers([1 + (segments + 1) * (width + 1)]),
    },
    { segments, width, parts, sourceOffset: 2, sourceStride: width, outOffset: 1, outStride: width + 1, ...ALL_ROWS },
  );
});

const columns = [
  { count: 1, width: 1 },
  { count: 63, width: 5 },
  { count: 64, width: 17 },
  { count: 65, width: 16 },
  { count: 331, width: 37 },
].flatMap(({ count, width }) => {
  const blocks = Math.ceil(count / 64);
  return [
    kernelCase(
      columnPartials,
      `${count} rows of ${width}`,
      { source: numbers([3 + count * (width + 1)]), sums: garbage([blocks * width + 5]) },
      { count, width, sourceOffset: 3, sourceStride: width + 1 },
    ),
    ...[columnTotalDirect, columnTotalWorkgroup].map((kernel) =>
      kernelCase(kernel, `${count} blocks of ${width}`, { sums: numbers([count * width]), out: numbers([width]) }, { blocks: count, width }),
    ),
  ];
});

export const rowsCases = [...picks, ...ranges, ...sums, ...columns];
