import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GpuDevice } from '../../src/gpu/gpu-device.ts';
import { ReferenceDevice } from '../../src/gpu/reference-device.ts';
import type { HostArray } from '../../src/gpu/tensor.ts';
import { kernels } from '../../src/kernels/index.ts';
import { openTestDevice } from '../device.ts';
import { cases } from './cases/index.ts';
import type { KernelCase } from './kernel-case.ts';

/** Folds every grid of more than 7 workgroups. */
const foldLimit = 7;

interface Summary {
  /** The error that comes closest to what is allowed where it stands. */
  error: number;
  allowed: number;
  cases: number;
  /** Cases for subgroups that this adapter does not have. */
  notRun: number;
}

const summaries = new Map<string, Summary>();
let own: GpuDevice;
let portable: GpuDevice;

beforeAll(async () => {
  own = await openTestDevice({ foldLimit });
  portable = await openTestDevice({ foldLimit, tier: 'portable' });
});

afterAll(() => {
  const lines = [...summaries].map(([name, { error, allowed, cases: count, notRun }]) => {
    const missing = notRun > 0 ? `; not run: ${notRun} for subgroups of another size` : '';
    return `  ${name.padEnd(36)} ${count} cases, worst error ${error.toExponential(1)} where ${allowed.toExponential(1)} is allowed${missing}`;
  });
  console.log([`kernels on ${own.name}, against float64:`, ...lines].join('\n'));
  own.close();
  portable.close();
});

/** Elements that the kernel must leave alone are compared like the others: the reference left them alone too. */
function compare(one: KernelCase, output: string, got: HostArray, expected: HostArray, summary: Summary): void {
  const { absolute, relative = 0 } = one.kernel.tolerance[output] ?? { absolute: Number.NaN };
  expect(absolute, `${one.kernel.name}: a tolerance for ${output}`).not.toBeNaN();
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(got[i]! - expected[i]!);
    const allowed = absolute + relative * Math.abs(expected[i]!);
    if (!(error <= allowed)) expect.fail(`${one.kernel.name}, ${one.title}: ${output}[${i}] is ${got[i]}, expected ${expected[i]} ± ${allowed}`);
    if (summary.error * allowed <= error * summary.allowed) Object.assign(summary, { error, allowed });
  }
}

async function run(one: KernelCase, device: GpuDevice | ReferenceDevice): Promise<ReadonlyMap<string, HostArray>> {
  const outputs = new Map<string, HostArray>();
  for (const [name, tensor] of one.record(device)) outputs.set(name, await device.read(tensor));
  return outputs;
}

async function conforms(one: KernelCase, device: GpuDevice, summary: Summary): Promise<void> {
  if (one.subgroupLanes > 0 && one.subgroupLanes !== device.traits.subgroupLanes) {
    summary.notRun++;
    return;
  }
  const expected = await run(one, new ReferenceDevice());
  const first = await run(one, device);
  const second = await run(one, device);
  for (const [name, values] of expected) {
    compare(one, name, first.get(name)!, values, summary);
    expect(bitsOf(second.get(name)!), `${one.kernel.name}, ${one.title}: ${name} on a second run`).toEqual(bitsOf(first.get(name)!));
  }
  summary.cases++;
}

function bitsOf(values: HostArray): Buffer {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
}

describe('every kernel agrees with its reference', () => {
  for (const { name } of kernels) {
    const its = cases.filter(({ kernel }) => kernel.name === name);
    it(name, { timeout: 120_000 }, async () => {
      expect(its.length, `cases for ${name} in test/kernels/cases`).toBeGreaterThan(0);
      const summary: Summary = { error: 0, allowed: 0, cases: 0, notRun: 0 };
      summaries.set(name, summary);
      for (const one of its) {
        await conforms(one, own, summary);
        if (one.hasOwnLanes) await conforms(one, portable, summary);
      }
    });
  }

  it('has cases only for kernels in the list', () => {
    const known = new Set<string>(kernels.map(({ name }) => name));
    expect(cases.map(({ kernel }) => kernel.name).filter((name) => !known.has(name))).toEqual([]);
  });
});
