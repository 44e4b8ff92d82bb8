import { KEPT, keptEntropyBackwardDirect, type KeptRule, keptSetDirect } from '../../../src/kernels/kept-set.ts';
import { STATE_WIDTH } from '../../../src/kernels/token-stats.ts';
import { topTokensBackwardDirect, topTokensDirect } from '../../../src/kernels/top-tokens.ts';
import { garbage, given, kernelCase, numberSource, type TensorSpec } from '../kernel-case.ts';

const numbers = numberSource('kept-set');

const rules: readonly KeptRule[] = [
  { kind: 'min-p', amount: 0.1 },
  { kind: 'nucleus', amount: 0.8 },
  { kind: 'nucleus-exclusive', amount: 0.8 },
  { kind: 'count', amount: 1 },
  { kind: 'count', amount: 5 },
];

const inverseTemperature = 0.8;

/** What token-stats-finish leaves of these rows: maximum, ln s, entropy (not read here), …, 1 / temperature. */
function finished({ data }: TensorSpec, count: number, vocabulary: number): TensorSpec {
  const rows = Array.from({ length: count }, (_, row) => {
    const values = Float32Array.from(data).subarray(row * vocabulary, (row + 1) * vocabulary);
    const highest = Math.max(...values);
    const s = values.reduce((sum, x) => sum + Math.exp((x - highest) * inverseTemperature), 0);
    return [highest, Math.log(s), 0, 0, 0, 0, 0, inverseTemperature];
  });
  return given(rows.flat(), [count, STATE_WIDTH]);
}

/** Distinct numbers, and few values that many tokens share, some of them masked. */
const rows = [
  { count: 1, vocabulary: 5, logits: numbers([5], 4) },
  { count: 13, vocabulary: 37, logits: numbers([13 * 37], 4) },
  { count: 3, vocabulary: 1031, logits: numbers([3 * 1031], 4) },
  { count: 9, vocabulary: 131, logits: given(Array.from({ length: 9 * 131 }, (_, i) => (i % 4 === 3 ? -1e30 : Math.floor((i % 11) / 3)))) },
].map((one) => ({ ...one, state: finished(one.logits, one.count, one.vocabulary), slots: given(Array.from({ length: one.count }, (_, i) => 2 * i + 1)) }));

const sets = rows.flatMap(({ count, vocabulary, logits, state, slots }) =>
  rules.map((rule) =>
    kernelCase(
      keptSetDirect,
      `${rule.kind} ${rule.amount}, ${count} rows of ${vocabulary}`,
      {
        logits,
        state,
        slots,
        targets: given(Array.from({ length: count }, (_, i) => (i * 7) % vocabulary)),
        kept: garbage([2 * count, KEPT.length]),
        bounds: garbage([count, 2]),
      },
      { count, vocabulary, rule },
    ),
  ),
);

const gradients = rows.flatMap(({ count, vocabulary, logits, state, slots }) =>
  [true, false].map((accumulate) =>
    kernelCase(
      keptEntropyBackwardDirect,
      `${count} rows of ${vocabulary}, ${accumulate ? 'added' : 'written'}`,
      {
        logits,
        state,
        slots,
        kept: given(Array.from({ length: 2 * count }, (_, i) => [0.75 + i / 200, -0.5 - i / 50, 4, 1]).flat(), [2 * count, KEPT.length]),
        bounds: given(Array.from({ length: count }, (_, i) => [i % 2, 3 * i]).flat(), [count, 2]),
        byKeptEntropy: numbers([2 * count]),
        gradient: numbers([count * vocabulary]),
      },
      { count, vocabulary, accumulate },
    ),
  ),
);

const tops = rows.flatMap(({ count, vocabulary, logits, state, slots }) =>
  [1, 5].flatMap((k) => [
    kernelCase(
      topTokensDirect,
      `${k} of ${vocabulary}, ${count} rows`,
      { logits, state, slots, topIds: garbage([2 * count, k], 'u32'), topLogProbs: garbage([2 * count, k]) },
      { count, vocabulary, k },
    ),
    kernelCase(
      topTokensBackwardDirect,
      `${k} of ${vocabulary}, ${count} rows`,
      {
        logits,
        state,
        slots,
        topIds: given(
          Array.from({ length: 2 * count * k }, (_, i) => (i * 3) % vocabulary),
          [2 * count, k],
        ),
        byTopLogProb: numbers([2 * count, k]),
        gradient: numbers([count * vocabulary]),
      },
      { count, vocabulary, k, accumulate: k > 1 },
    ),
  ]),
);

export const keptSetCases = [...sets, ...gradients, ...tops];
