import {
  MOMENTS,
  STATE_WIDTH,
  tokenStatsBackwardDirect,
  tokenStatsFinishDirect,
  tokenStatsTileDirect,
  tokenStatsTileWorkgroup,
} from '../../../src/kernels/token-stats.ts';
import { garbage, given, kernelCase, numberSource, type TensorSpec } from '../kernel-case.ts';

const numbers = numberSource('token-stats');

const shapes = [
  { count: 1, tileWidth: 1, scale: 1 },
  { count: 13, tileWidth: 7, scale: 4 },
  { count: 31, tileWidth: 127, scale: 20 },
  { count: 7, tileWidth: 129, scale: 88 },
];

/** Running sums as some tiles leave them: maximum, Σ e, Σ d·e, Σ e², Σ d·e², Σ x, x[target], 1 / temperature. */
function runningSums(count: number, temperature: number): TensorSpec {
  const [maximum, total, chosen] = [numbers([count], 10).data, numbers([count], 100).data, numbers([count], 10).data];
  return given(
    Array.from({ length: count }, (_, i) => [
      maximum[i]!,
      1.5 + i,
      -2.25 - i,
      1.25 + i / 2,
      -1.125 - i / 4,
      total[i]!,
      Math.min(chosen[i]!, maximum[i]!),
      1 / temperature,
    ]).flat(),
    [count, STATE_WIDTH],
  );
}

/** Some targets before the tile, some in it, some after. */
function targetsAround(count: number, tileStart: number, tileWidth: number): TensorSpec {
  return given(Array.from({ length: count }, (_, i) => (tileStart + i * 3 - 4 + tileWidth) % (tileStart + 2 * tileWidth)));
}

const tiles = shapes.flatMap(({ count, tileWidth, scale }) =>
  [true, false].flatMap((first) => {
    const tileStart = first ? 0 : 40;
    const options = { count, tileStart, tileWidth, temperature: first ? 1 : 0.7, first };
    const specs = {
      logits: numbers([count * tileWidth], scale),
      targets: targetsAround(count, tileStart, tileWidth),
      state: first ? garbage([count, STATE_WIDTH]) : runningSums(count, options.temperature),
    };
    const title = `${count} rows, ${first ? 'first' : 'later'} tile of ${tileWidth}`;
    return [tokenStatsTileDirect, tokenStatsTileWorkgroup].map((form) => kernelCase(form, title, specs, options));
  }),
);

/** Every logit of the tile is masked; then a tile whose maximum is far above the state's, and one far below. */
const masked = [-1e30, -1e4, 1e4].flatMap((value) => {
  const specs = { logits: given(Array.from({ length: 18 }, (_, i) => value - i)), targets: given([2, 10]), state: runningSums(2, 1) };
  return [tokenStatsTileDirect, tokenStatsTileWorkgroup].map((form) =>
    kernelCase(form, `a tile of logits near ${value}`, specs, { count: 2, tileStart: 8, tileWidth: 9, temperature: 1, first: false }),
  );
});

const finishes = shapes.map(({ count }) =>
  kernelCase(
    tokenStatsFinishDirect,
    `${count} rows`,
    {
      state: runningSums(count, 1.7),
      slots: given(Array.from({ length: count }, (_, i) => 2 * (count - i))),
      logProbs: garbage([2 * count + 1]),
      entropies: garbage([2 * count + 1]),
      moments: garbage([2 * count + 1, MOMENTS.length]),
    },
    { count, vocabulary: 1031 },
  ),
);

const backwards = shapes.map(({ count, tileWidth }, index) =>
  kernelCase(
    tokenStatsBackwardDirect,
    `${count} rows, a tile of ${tileWidth}`,
    {
      logits: numbers([count * tileWidth], 3),
      targets: targetsAround(count, 40, tileWidth),
      slots: given(Array.from({ length: count }, (_, i) => count - i)),
      state: given(Array.from({ length: count }, (_, i) => [3, 1 + i / 10, 0.5 + i / 20, 0, 0, 0, 0, 0]).flat(), [count, STATE_WIDTH]),
      byLogProb: numbers([count + 1]),
      byEntropy: numbers([count + 1]),
    },
    { count, tileStart: 40, tileWidth, temperature: 0.7, span: [1, 3, 64, 1][index]! },
  ),
);

export const tokenStatsCases = [...tiles, ...masked, ...finishes, ...backwards];
