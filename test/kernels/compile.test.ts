import { beforeAll, describe, expect, it } from 'vitest';
import { create, globals } from 'webgpu';
import { traitsOf } from '../../src/gpu/traits.ts';
import { cases } from './cases/index.ts';
import type { KernelCase } from './kernel-case.ts';

/** Dawn without a driver: it checks programs and pipelines and computes nothing. Kept, because Dawn aborts once its instance is collected. */
const gpu = create(['backend=null', 'enable-dawn-features=allow_unsafe_apis']);
let device: GPUDevice;

beforeAll(async () => {
  Object.assign(globalThis, globals);
  const adapter = await gpu.requestAdapter();
  device = await adapter!.requestDevice({ requiredFeatures: adapter!.features.has('subgroups') ? ['subgroups'] : [] });
});

/** One case for each program of each kernel: the constants in front of a file make another program of it. */
const programs = new Map<string, KernelCase>(cases.map((one) => [`${one.kernel.name}: ${one.program}`, one]));

describe('every program compiles', () => {
  it.each([...programs.values()])('$kernel.name, $title', async ({ kernel, program }) => {
    const module = device.createShaderModule({ code: program });
    const { messages } = await module.getCompilationInfo();
    const wrong = messages
      .filter(({ type }) => type !== 'info')
      .map(({ lineNum, linePos, message }) => `${kernel.shader} (assembled) ${lineNum}:${linePos}: ${message}`);
    expect(wrong).toEqual([]);

    device.pushErrorScope('validation');
    const storage = Object.values(kernel.bindings).map(({ access }) => ({ type: access === 'read' ? 'read-only-storage' : 'storage' }) as const);
    const entries = [...storage, { type: 'uniform', hasDynamicOffset: true } as const].map((buffer, binding) => ({
      binding,
      visibility: GPUShaderStage.COMPUTE,
      buffer,
    }));
    const layout = device.createPipelineLayout({ bindGroupLayouts: [device.createBindGroupLayout({ entries })] });
    for (const tier of ['software', 'portable'] as const) {
      const { lanes } = traitsOf(tier, { maxBindingBytes: 2 ** 27 });
      device.createComputePipeline({ layout, compute: { module, entryPoint: 'main', constants: { LANES: lanes } } });
    }
    const error = await device.popErrorScope();
    expect(error?.message ?? 'valid').toBe('valid');
  });
});
