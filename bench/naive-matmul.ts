/** The naive product, straight on WebGPU, without the engine. */

import { readFileSync } from 'node:fs';
import type { OpenedDevice } from '../src/gpu/open-device-node.ts';
import type { Contestant } from './rounds.ts';

/** out = a · bᵀ of these sizes, one lane for each number of the result. */
export function naiveMatmul({ raw, adapter }: Pick<OpenedDevice, 'raw' | 'adapter'>, [M, N, K]: readonly [M: number, N: number, K: number]): Contestant {
  const code = readFileSync(new URL('./naive-matmul.wgsl', import.meta.url), 'utf8');
  const pipeline = raw.createComputePipeline({ layout: 'auto', compute: { module: raw.createShaderModule({ code }), entryPoint: 'main' } });
  const buffer = (elements: number, usage: number): GPUBuffer => raw.createBuffer({ size: Math.max(16, elements * 4), usage: usage | GPUBufferUsage.COPY_DST });
  const buffers = [
    buffer(M * K, GPUBufferUsage.STORAGE),
    buffer(N * K, GPUBufferUsage.STORAGE),
    buffer(M * N, GPUBufferUsage.STORAGE),
    buffer(4, GPUBufferUsage.UNIFORM),
  ];
  raw.queue.writeBuffer(buffers[3]!, 0, new Uint32Array([M, N, K]));
  const group = raw.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: buffers.map((own, binding) => ({ binding, resource: { buffer: own } })),
  });
  return {
    name: 'naive',
    async run(times) {
      const encoder = raw.createCommandEncoder();
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      for (let i = 0; i < times; i++) pass.dispatchWorkgroups(Math.ceil(N / 8), Math.ceil(M / 8));
      pass.end();
      raw.queue.submit([encoder.finish()]);
      await adapter.settle(raw.queue.onSubmittedWorkDone());
    },
  };
}
