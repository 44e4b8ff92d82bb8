import {
  layerNormBackwardDirect,
  layerNormBackwardWorkgroup,
  layerNormForwardDirect,
  layerNormForwardWorkgroup,
  layerNormWeightBackwardKernel,
} from '../../../src/kernels/layer-norm.ts';
import { garbage, given, kernelCase, numberSource } from '../kernel-case.ts';

const numbers = numberSource('layer-norm');

const shapes = [
  { count: 1, width: 1 },
  { count: 13, width: 37 },
  { count: 5, width: 129 },
  { count: 2, width: 1024 },
  { count: 331, width: 8 },
];

export const layerNormCases = shapes.flatMap(({ count, width }) => {
  const row = width + 3;
  const shape = { count, width };
  const title = `${count} rows of ${width}`;
  const table = () => numbers([2 + count * row], 3);
  const statistics = given(Array.from(numbers([2 * count]).data, (value, i) => (i % 2 === 0 ? value : 1 + value / 2)));
  const places = { xOffset: 2, xStride: row, dOutOffset: 1, dOutStride: row };
  const back = { x: table(), weight: numbers([width]), statistics, dOut: table() };
  return [
    ...[layerNormForwardDirect, layerNormForwardWorkgroup].map((kernel) =>
      kernelCase(
        kernel,
        title,
        { x: back.x, weight: back.weight, bias: numbers([width]), out: garbage([1 + count * row]), statistics: garbage([count, 2]) },
        { ...shape, eps: 1e-5, xOffset: 2, xStride: row, outOffset: 1, outStride: row },
      ),
    ),
    ...[layerNormBackwardDirect, layerNormBackwardWorkgroup].flatMap((kernel) =>
      [0, 1].map((accumulate) =>
        kernelCase(
          kernel,
          `${title}, accumulate ${accumulate}`,
          { ...back, dX: numbers([count * row]) },
          { ...shape, ...places, accumulate, dXOffset: 0, dXStride: row },
        ),
      ),
    ),
    kernelCase(
      layerNormWeightBackwardKernel,
      title,
      { x: back.x, statistics, dOut: back.dOut, sums: garbage([Math.ceil(count / 64) * width + 2]) },
      { ...shape, ...places },
    ),
  ];
});
