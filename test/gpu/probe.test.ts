import { describe, expect, it } from 'vitest';
import { measureCeilings, multiplyAdd, timePerRun } from '../../src/gpu/probe.ts';
import { ReferenceDevice } from '../../src/gpu/reference-device.ts';
import { openDevice } from '../../src/gpu/open-device-node.ts';

const opened = await openDevice().catch((error: Error) => console.log(`not run: probing a device (${error.message})`));

describe.runIf(opened)('probing a device', () => {
  it('does the multiply-adds it is timed by', async () => {
    const { device } = opened!;
    const reference = new ReferenceDevice();
    const [actual, expected] = await Promise.all(
      [device, reference].map((each) => {
        const results = each.create('f32', [101], 'test/results');
        each.run(multiplyAdd, { results }, { rounds: 3, factor: 0.75, term: 0.5 });
        return each.read(results);
      }),
    );
    expect(expected![100]).toBeCloseTo(
      Array.from({ length: 8 }, (_, c) => 4 * (2 + (2 + c - 2) * 0.75 ** 24)).reduce((a, b) => a + b),
      6,
    );
    actual!.forEach((value, i) => expect(value).toBeCloseTo(expected![i]!, 3));
  });

  it('measures its ceilings within two seconds, and leaves no memory behind', async () => {
    const { device } = opened!;
    const before = device.memory.bytes;
    const start = performance.now();
    const { multiplyAddGflops, copyGigabytesPerSecond, readbackMs } = await measureCeilings(device);
    expect(performance.now() - start).toBeLessThan(2000);
    expect(multiplyAddGflops).toBeGreaterThan(0.1);
    expect(copyGigabytesPerSecond).toBeGreaterThan(0.05);
    expect(readbackMs).toBeGreaterThan(0);
    expect(device.memory.bytes - before).toBeLessThanOrEqual(4096); // one staging buffer stays for the next reading
    device.close();
  });
});

describe('timePerRun', () => {
  it('divides the best of three batches, each of 30 ms or more, by its runs', async () => {
    let now = 0;
    let runs = 0;
    const record = (): void => {
      runs += 1;
      now += runs === 1 ? 500 : 0.5; // the first one compiles
    };
    expect(await timePerRun(new ReferenceDevice(), record, () => now)).toBeCloseTo(0.5, 10);
    expect(runs).toBeGreaterThanOrEqual(3 * 60);
    expect(runs).toBeLessThan(500);
  });
});
