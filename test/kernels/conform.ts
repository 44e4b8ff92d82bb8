/**
 * Runs kernel cases against their float64 references, in whatever runtime this is: Node, Deno, a page, a worker.
 *
 * Every case runs twice on the adapter's own tier, and the two must be equal bit for bit; kernels that choose other lanes on the
 * portable tier run there too.
 */

import type { GpuDevice } from '../../src/gpu/gpu-device.ts';
import { ReferenceDevice } from '../../src/gpu/reference-device.ts';
import type { HostArray } from '../../src/gpu/tensor.ts';
import type { KernelCase } from './kernel-case.ts';

/** Folds every grid of more than 7 workgroups. */
export const foldLimit = 7;

export interface Conformance {
  readonly kernel: string;
  /** The error that comes closest to what is allowed where it stands. */
  error: number;
  allowed: number;
  cases: number;
  /** Cases for subgroups that this adapter does not have, or has of another size. */
  notRun: number;
  /** What went wrong, one sentence each; empty for a kernel that conforms. */
  readonly faults: string[];
}

export interface ConformanceDevices {
  readonly own: GpuDevice;
  readonly portable: GpuDevice;
}

/** Runs all cases of one kernel. */
export async function conformanceOf(kernel: string, cases: readonly KernelCase[], { own, portable }: ConformanceDevices): Promise<Conformance> {
  const found: Conformance = { kernel, error: 0, allowed: 0, cases: 0, notRun: 0, faults: [] };
  if (cases.length === 0) found.faults.push(`${kernel}: expected cases in test/kernels/cases, got none`);
  for (const one of cases) {
    await runCase(one, own, found);
    if (one.lanes && one.lanes(own.traits) !== one.lanes(portable.traits)) await runCase(one, portable, found);
  }
  return found;
}

/** One line for people. */
export function conformanceLine({ kernel, error, allowed, cases, notRun, faults }: Conformance): string {
  if (faults.length > 0) return `  ${kernel.padEnd(36)} FAILED: ${faults[0]}`;
  const missing = notRun > 0 ? `; not run: ${notRun} for want of such subgroups` : '';
  return `  ${kernel.padEnd(36)} ${cases} cases, worst error ${error.toExponential(1)} where ${allowed.toExponential(1)} is allowed${missing}`;
}

/** How many kernels conform of how many, and by name those of which no case could be run. */
export function conformanceCount(found: readonly Conformance[]): string {
  const good = found.filter(({ faults, cases }) => faults.length === 0 && cases > 0);
  const unrun = found.filter(({ faults, cases }) => faults.length === 0 && cases === 0).map(({ kernel }) => kernel);
  return `${good.length} of ${found.length}${unrun.length > 0 ? `; not run, for want of subgroups: ${unrun.join(', ')}` : ''}`;
}

async function runCase(one: KernelCase, device: GpuDevice, found: Conformance): Promise<void> {
  const { subgroupLanes } = device.traits;
  if ((one.subgroupLanes > 0 && one.subgroupLanes !== subgroupLanes) || (subgroupLanes === 0 && /^enable subgroups;/m.test(one.program))) {
    found.notRun++;
    return;
  }
  const expected = await outputsOf(one, new ReferenceDevice());
  const first = await outputsOf(one, device);
  const second = await outputsOf(one, device);
  for (const [output, values] of expected) {
    compare(one, output, first.get(output)!, values, found);
    if (!areSameBits(first.get(output)!, second.get(output)!)) found.faults.push(`${one.kernel.name}, ${one.title}: ${output} has other bits on a second run`);
  }
  found.cases++;
}

async function outputsOf(one: KernelCase, device: GpuDevice | ReferenceDevice): Promise<ReadonlyMap<string, HostArray>> {
  const outputs = new Map<string, HostArray>();
  for (const [name, tensor] of one.record(device)) outputs.set(name, await device.read(tensor));
  return outputs;
}

/** Elements that the kernel must leave alone are compared like the others: the reference left them alone too. */
function compare(one: KernelCase, output: string, got: HostArray, expected: HostArray, found: Conformance): void {
  const { absolute, relative = 0 } = one.kernel.tolerance[output] ?? { absolute: Number.NaN };
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(got[i]! - expected[i]!);
    const allowed = absolute + relative * Math.abs(expected[i]!);
    if (!(error <= allowed)) {
      found.faults.push(`${one.kernel.name}, ${one.title}: ${output}[${i}] is ${got[i]}, expected ${expected[i]} ± ${allowed}`);
      return;
    }
    if (found.error * allowed <= error * found.allowed) Object.assign(found, { error, allowed });
  }
}

function areSameBits(a: HostArray, b: HostArray): boolean {
  const [left, right] = [a, b].map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength));
  return left!.length === right!.length && left!.every((byte, i) => byte === right![i]);
}
