import { attentionForwardDirect } from '../../../src/kernels/attention.ts';
import { attentionKeyBackwardDirect, attentionQueryBackwardDirect } from '../../../src/kernels/attention-backward.ts';
import { packedGroups } from '../packed-groups.ts';
import { garbage, given, kernelCase, numberSource } from '../kernel-case.ts';

const numbers = numberSource('attention');

/** Between them: heads alone and sharing, keys alone and in blocks that cross sequences, both orders of lanes, loops unrolled and not. */
const shapes = [
  { lengths: [1], heads: 1, kvHeads: 1, headWidth: 6, window: 0, rowsFirst: 0, shared: 1, keys: 1 },
  { lengths: [7, 5, 0, 3], heads: 4, kvHeads: 2, headWidth: 6, window: 0, rowsFirst: 0, shared: 2, keys: 2 },
  { lengths: [7, 5, 9], heads: 4, kvHeads: 1, headWidth: 8, window: 4, rowsFirst: 1, shared: 2, keys: 1 },
  { lengths: [13], heads: 3, kvHeads: 3, headWidth: 12, window: 1, rowsFirst: 0, shared: 1, keys: 1 },
  { lengths: [5, 30, 31], heads: 4, kvHeads: 2, headWidth: 16, window: 0, rowsFirst: 0, shared: 1, keys: 1 },
  { lengths: [3, 4], heads: 9, kvHeads: 3, headWidth: 64, window: 0, rowsFirst: 0, shared: 3, keys: 2 },
  { lengths: [3, 5], heads: 4, kvHeads: 1, headWidth: 40, window: 3, rowsFirst: 1, shared: 2, keys: 3 },
  { lengths: [3, 4], heads: 2, kvHeads: 1, headWidth: 128, window: 5, rowsFirst: 0, shared: 1, keys: 2 },
];

export const attentionCases = shapes.flatMap(({ lengths, ...heading }) => {
  const { heads, kvHeads, headWidth } = heading;
  const { count, ranges, seenUntil } = packedGroups([lengths, lengths]);
  const query = heads * headWidth;
  const key = kvHeads * headWidth;
  const row = query + 2 * key + 1;
  const shape = { ...heading, count, scale: 1 / Math.sqrt(headWidth) };
  const title = `${count} rows of ${heads}/${kvHeads} × ${headWidth}, window ${heading.window}`;
  const packed = numbers([2 + count * row], 2);
  const lse = given(
    Array.from(numbers([count * heads]).data, (value) => 2 + value),
    [count, heads],
  );
  const slices = { queriesOffset: 2, keysOffset: 2 + query, valuesOffset: 2 + query + key };
  const slopes = { dOutOffset: 3, dOutStride: query, dPackedStride: row };
  const back = { packed, dOut: numbers([3 + count * query]), lse, ranges: given(ranges), dPacked: numbers([1 + count * row]) };
  return [
    kernelCase(
      attentionForwardDirect,
      title,
      { queries: packed, keys: packed, values: packed, ranges: given(ranges), out: garbage([1 + count * (query + 1)]), lse: garbage([count, heads]) },
      { ...shape, ...slices, queriesStride: row, keysStride: row, valuesStride: row, outOffset: 1, outStride: query + 1 },
    ),
    kernelCase(
      attentionQueryBackwardDirect,
      title,
      { ...back, out: numbers([count * query]), delta: garbage([count, heads]) },
      { ...shape, ...slices, ...slopes, packedStride: row, outOffset: 0, outStride: query, dQueriesOffset: 1 },
    ),
    kernelCase(
      attentionKeyBackwardDirect,
      title,
      { ...back, delta: numbers([count, heads]), seenUntil: given(seenUntil) },
      { ...shape, ...slices, ...slopes, packedStride: row, dKeysOffset: 1 + query, dValuesOffset: 1 + query + key },
    ),
  ];
});
