import {
  rmsNormBackwardDirect,
  rmsNormBackwardWorkgroup,
  rmsNormForwardDirect,
  rmsNormForwardWorkgroup,
  rmsNormWeightBackwardKernel,
} from '../../../src/kernels/rms-norm.ts';
import { garbage, kernelCase, numberSource } from '../kernel-case.ts';

const numbers = numberSource('rms-norm');

const shapes = [
  { count: 1, heads: 1, width: 1 },
  { count: 13, heads: 1, width: 37 },
  { count: 17, heads: 3, width: 6 },
  { count: 5, heads: 1, width: 129 },
  { count: 2, heads: 1, width: 1024 },
  { count: 331, heads: 2, width: 8 },
];

export const rmsNormCases = shapes.flatMap(({ count, heads, width }) => {
  const row = heads * width + 3;
  const shape = { count, heads, width };
  const title = `${count} rows of ${heads} × ${width}`;
  const table = () => numbers([2 + count * row], 3);
  const inverseRms = { shape: [count, heads], data: Array.from(numbers([count * heads]).data, (value) => 1 + value / 2) };
  const places = { xOffset: 2, xStride: row, dOutOffset: 1, dOutStride: row };
  const back = { x: table(), weight: numbers([width]), inverseRms, dOut: table() };
  return [
    ...[rmsNormForwardDirect, rmsNormForwardWorkgroup].map((kernel) =>
      kernelCase(
        kernel,
        title,
        { x: back.x, weight: back.weight, out: garbage([1 + count * row]), inverseRms: garbage([count, heads]) },
        { ...shape, eps: 1e-5, xOffset: 2, xStride: row, outOffset: 1, outStride: row },
      ),
    ),
    ...[rmsNormBackwardDirect, rmsNormBackwardWorkgroup].flatMap((kernel) =>
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
      rmsNormWeightBackwardKernel,
      title,
      { x: back.x, inverseRms, dOut: back.dOut, sums: garbage([Math.ceil((count * heads) / 64) * width + 2]) },
      { ...shape, ...places },
    ),
  ];
});
