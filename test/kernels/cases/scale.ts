import { scaleKernel } from '../../../src/kernels/scale.ts';
import { kernelCase, numberSource } from '../kernel-case.ts';

const numbers = numberSource('scale');

export const scaleCases = [1, 13, 1000].map((count) => kernelCase(scaleKernel, `${count} elements`, { x: numbers([count + 3]) }, { count, factor: -0.3 }));
