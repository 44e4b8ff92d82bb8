import type { SampleOptions } from '../../../src/kernels/sampling-reference.ts';
import { advanceRowsDirect, sampleTokensDirect, sampleTokensWorkgroup, STATE_ROW } from '../../../src/kernels/sampling.ts';
import { garbage, given, kernelCase, numberSource, type TensorSpec } from '../kernel-case.ts';

const numbers = numberSource('sampling');

type Filters = Pick<SampleOptions, 'temperature' | 'topK' | 'topP' | 'minP' | 'repetitionPenalty'>;
const plain: Filters = { temperature: 1, topK: 0, topP: 1, minP: 0, repetitionPenalty: 1 };

const filters: Readonly<Record<string, Filters>> = {
  plain,
  greedy: { ...plain, temperature: 0 },
  cold: { ...plain, temperature: 0.3 },
  'top-k': { ...plain, topK: 5 },
  'top-p': { ...plain, topP: 0.8 },
  'min-p': { ...plain, minP: 0.1 },
  penalty: { ...plain, repetitionPenalty: 1.4 },
  'greedy with a penalty': { ...plain, temperature: 0, repetitionPenalty: 1.4 },
  'all of them': { temperature: 0.8, topK: 40, topP: 0.9, minP: 0.02, repetitionPenalty: 1.1 },
};

const firstRow = 2;
const maxTokens = 5;

/** rowId, length, finished, lastToken; some rows are finished, some at their last token. */
function stateOf(rows: number): TensorSpec {
  const state = Array.from({ length: rows }, (_, i) => [i * 5 + 3, i % 7 === 6 ? maxTokens : i % maxTokens, i % 5 === 4 ? 1 : 0, i]);
  return given(state.flat(), [rows, STATE_ROW]);
}

function draws(name: string, count: number, vocabulary: number, logits: TensorSpec) {
  const rows = firstRow + count;
  const words = Math.ceil(vocabulary / 32);
  const specs = {
    logits,
    state: stateOf(rows),
    seen: given(Array.from({ length: rows * words }, (_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 0)),
    stops: given([1, 3]),
    tokens: garbage([rows, maxTokens], 'u32'),
    logProbs: garbage([rows, maxTokens]),
    entropies: garbage([rows, maxTokens]),
  };
  const options = { ...filters[name]!, firstRow, count, vocabulary, stopCount: 2, maxTokens, key: [0x1234_5678, 0x9abc_def0] as const };
  return [sampleTokensDirect, sampleTokensWorkgroup].map((form) => kernelCase(form, `${name}, ${count} rows of ${vocabulary}`, specs, options));
}

const sizes = [
  { count: 1, vocabulary: 1 },
  { count: 13, vocabulary: 7 },
  { count: 9, vocabulary: 131 },
  { count: 3, vocabulary: 1031 },
];

/** Logits of which many are equal, and some are masked. */
const ties = given(Array.from({ length: 9 * 131 }, (_, i) => (i % 4 === 3 ? -1e30 : Math.floor((i % 11) / 3))));

const advances = [1, 13, 331].map((count) =>
  kernelCase(
    advanceRowsDirect,
    `${count} rows`,
    {
      state: given(Array.from({ length: count }, (_, i) => [i, 1 + (i % 9), 0, 7 * i]).flat()),
      prompts: given(Array.from({ length: count }, (_, i) => [2 * i, 2 * i + 9, 500 + 10 * i]).flat()),
      ranges: garbage([count, 4], 'u32'),
      positions: garbage([count], 'u32'),
      cacheRows: garbage([count], 'u32'),
      lastTokens: garbage([count], 'u32'),
    },
    { count },
  ),
);

export const samplingCases = [
  ...Object.keys(filters).flatMap((name) => [
    ...sizes.flatMap(({ count, vocabulary }) => draws(name, count, vocabulary, numbers([count * vocabulary], 4))),
    ...draws(name, 9, 131, ties),
  ]),
  ...advances,
];
