/** TensorFlow.js on a device of ours: another implementation to be measured beside, and to be compared with. */

import type * as tfjsCore from '@tensorflow/tfjs-core';
import type { OpenedDevice } from '../src/gpu/open-device-node.ts';

export interface Tfjs {
  readonly tf: typeof tfjsCore;
  readonly version: string;
  /** Resolves when all work recorded so far is done. */
  readonly idle: () => Promise<void>;
}

const BACKEND = 'entrain';

/** Makes the given device the one TensorFlow.js computes on. Its own WebGPU kernels run there, under another backend's name. */
export async function openTfjs({ raw, adapter }: Pick<OpenedDevice, 'raw' | 'adapter'>): Promise<Tfjs> {
  offerGpu(adapter.gpu);
  const tf = await import('@tensorflow/tfjs-core');
  const { WebGPUBackend } = await import('@tensorflow/tfjs-backend-webgpu');
  const backend = new WebGPUBackend(raw, adapter.adapter.info);
  tf.registerBackend(BACKEND, () => backend);
  for (const kernel of tf.getKernelsForBackend('webgpu')) tf.registerKernel({ ...kernel, backendName: BACKEND });
  await tf.setBackend(BACKEND);
  return {
    tf,
    version: tf.version_core,
    async idle() {
      backend.ensureCommandEncoderReady(); // it has none just after it flushed by itself
      backend.endComputePassEncoder();
      backend.submitQueue();
      await adapter.settle(raw.queue.onSubmittedWorkDone());
    },
  };
}

/** The backend looks for `navigator.gpu`, which Node does not have, though it is handed a device. */
function offerGpu(gpu: GPU): void {
  if (!('navigator' in globalThis)) Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true });
  if (!('gpu' in navigator)) Object.defineProperty(navigator, 'gpu', { value: gpu, configurable: true });
}
