/** Measures what a device can do at best, so that a kernel's speed can be told as a share of it. */

import type { Device } from './device.ts';
import { defineKernel, write } from './kernel.ts';

export interface Ceilings {
  /** 10⁹ floating-point operations a second, two for each multiply-add, in registers. */
  readonly multiplyAddGflops: number;
  /** 10⁹ bytes copied a second from one buffer to another; each is read once and written once. */
  readonly copyGigabytesPerSecond: number;
  /** From asking for 16 bytes to having them, with nothing else to do: the median. */
  readonly readbackMs: number;
}

/** The time now, in milliseconds from any beginning. */
export type Clock = () => number;

const CHAINS = 8;
const STEPS = 8;
const OPERATIONS_PER_ROUND = 2 * 4 * CHAINS * STEPS;

interface MultiplyAddOptions {
  readonly rounds: number;
  readonly factor: number;
  readonly term: number;
}

export const multiplyAdd = defineKernel({
  name: 'multiply-add',
  shader: 'probe/multiply-add.wgsl',
  bindings: { results: write('f32', 'N') },
  params: ({ N = 0 }, options: MultiplyAddOptions) => ({ lanes: N, ...options }),
  threads: ({ N = 0 }) => N,
  lanes: () => 64,
  reference({ results }, _, { rounds, factor, term }) {
    for (let i = 0; i < results.length; i++) {
      let sum = 0;
      for (let c = 0; c < CHAINS; c++) {
        let x = (i % 7) + c;
        for (let n = 0; n < rounds * STEPS; n++) x = x * factor + term;
        sum += 4 * x;
      }
      results[i] = sum;
    }
  },
  tolerance: { results: { absolute: 1e-5, relative: 1e-5 } },
});

/**
 * Measures a device in under a second of its time; what else runs meanwhile makes the figures lower.
 *
 * @throws DeviceError if the device fails
 */
export async function measureCeilings(device: Device, clock: Clock = () => performance.now()): Promise<Ceilings> {
  return {
    multiplyAddGflops: await measureMultiplyAdd(device, clock),
    copyGigabytesPerSecond: await measureCopy(device, clock),
    readbackMs: await measureReadback(device, clock),
  };
}

async function measureMultiplyAdd(device: Device, clock: Clock): Promise<number> {
  const [lanes, rounds] = device.traits.tier === 'software' ? [4096, 64] : [262_144, 256];
  const results = device.create('f32', [lanes], 'probe/results');
  const ms = await timePerRun(device, () => device.run(multiplyAdd, { results }, { rounds, factor: 0.5, term: 0.25 }), clock);
  device.destroy(results);
  return (lanes * rounds * OPERATIONS_PER_ROUND) / ms / 1e6;
}

async function measureCopy(device: Device, clock: Clock): Promise<number> {
  // Past every cache: 64 MiB on processors, 256 MiB on GPUs that have as much as 50 MiB of it.
  const bytes = Math.min(device.traits.maxBindingBytes, (device.traits.tier === 'software' ? 64 : 256) * 2 ** 20);
  const from = device.create('f32', [bytes / 4], 'probe/from');
  const to = device.create('f32', [bytes / 4], 'probe/to');
  device.clear(from);
  const ms = await timePerRun(device, () => device.copy(from, to), clock);
  device.destroy(from);
  device.destroy(to);
  return bytes / ms / 1e6;
}

async function measureReadback(device: Device, clock: Clock): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 21; i++) {
    const start = clock();
    await device.read(device.none.f32);
    times.push(clock() - start);
  }
  return times.sort((a, b) => a - b)[10]!;
}

/**
 * Returns the milliseconds that one run of recorded work takes: the best of three batches of at least 30 ms, after one run to compile.
 *
 * @param record records the work once; it is called again and again
 */
export async function timePerRun(device: Device, record: () => void, clock: Clock = () => performance.now()): Promise<number> {
  const enoughMs = 30;
  const time = async (runs: number): Promise<number> => {
    const start = clock();
    for (let i = 0; i < runs; i++) record();
    await device.idle();
    return clock() - start;
  };
  await time(1);
  let runs = 1;
  let ms = await time(runs);
  while (ms < enoughMs) {
    runs = Math.ceil(runs * Math.min(16, Math.max(2, (1.2 * enoughMs) / ms)));
    ms = await time(runs);
  }
  return Math.min(ms, await time(runs), await time(runs)) / runs;
}
