import { geluBackwardKernel, geluForwardKernel } from '../../../src/kernels/gelu.ts';
import { garbage, given, kernelCase, numberSource } from '../kernel-case.ts';

const numbers = numberSource('gelu');

const extremes = [-1e4, -90, -20, -6, -3, -1e-3, 0, 1e-3, 3, 6, 20, 90, 1e4];

export const geluCases = [
  ...[
    { count: 1, width: 1, parts: 1 },
    { count: 13, width: 7, parts: 3 },
    { count: 331, width: 16, parts: 1 },
  ].map((shape) => ({ ...shape, x: numbers([2 + shape.count * (shape.width + 1)], 4) })),
  { count: 1, width: extremes.length, parts: 2, x: given([0, 0, ...extremes, 0]) },
].flatMap(({ count, width, parts, x }) => {
  const title = `${count} rows of ${width}`;
  const places = { count, width, parts, xOffset: 2, xStride: width + 1 };
  return [
    kernelCase(geluForwardKernel, title, { x, out: garbage([3 + count * width]) }, { ...places, outOffset: 3, outStride: width }),
    kernelCase(
      geluBackwardKernel,
      title,
      { x, dOut: numbers([1 + count * width]), dX: garbage([count * (width + 2)]) },
      { ...places, dOutOffset: 1, dOutStride: width, dXOffset: 0, dXStride: width + 2 },
    ),
  ];
});
