import { runKernels } from './kernels.ts';

runKernels().then(
  (report) => postMessage({ report }),
  (error: unknown) => postMessage({ error: String(error) }),
);
