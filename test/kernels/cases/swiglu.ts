import { swigluBackwardKernel, swigluForwardKernel } from '../../../src/kernels/swiglu.ts';
import { garbage, given, kernelCase, numberSource } from '../kernel-case.ts';

const numbers = numberSource('swiglu');

const extremes = [-1e4, -90, -80, -20, -1e-3, 0, 1e-3, 20, 90, 1e4];

export const swigluCases = [
  ...[
    { count: 1, width: 1, parts: 1 },
    { count: 13, width: 7, parts: 3 },
    { count: 17, width: 17, parts: 2 },
    { count: 331, width: 16, parts: 1 },
  ].map((shape) => ({ ...shape, gateUp: numbers([2 + shape.count * (2 * shape.width + 1)], 4) })),
  { count: 1, width: 10, parts: 2, gateUp: given([0, 0, ...extremes, ...extremes.map(() => 0.5), 0]) },
].flatMap(({ count, width, parts, gateUp }) => {
  const title = `${count} rows of ${width}`;
  const places = { count, width, parts, gateUpOffset: 2, gateUpStride: 2 * width + 1 };
  return [
    kernelCase(swigluForwardKernel, title, { gateUp, out: garbage([3 + count * width]) }, { ...places, outOffset: 3, outStride: width }),
    kernelCase(
      swigluBackwardKernel,
      title,
      { gateUp, dOut: numbers([1 + count * width]), dGateUp: garbage([count * (2 * width + 2)]) },
      { ...places, dOutOffset: 1, dOutStride: width, dGateUpOffset: 0, dGateUpStride: 2 * width + 2 },
    ),
  ];
});
