import { afterEach, describe, expect, it, vi } from 'vitest';
import { doctor } from '../../src/cli/doctor.ts';
import { selfCheck } from '../../src/cli/self-check.ts';
import { openAdapter } from '../../src/gpu/adapter-node.ts';
import type { Device } from '../../src/gpu/device.ts';
import { ReferenceDevice } from '../../src/gpu/reference-device.ts';

async function run(options: { readonly adapter?: string; readonly json?: boolean }): Promise<{ readonly code: number; readonly text: string }> {
  let text = '';
  const code = await doctor(options, { write: (line) => (text += line) });
  return { code, text };
}

const hasAdapter = await openAdapter().then(
  () => true,
  (error: Error) => console.log(`not run: a diagnosis of an adapter (${error.message})`),
);

afterEach(() => vi.unstubAllEnvs());

describe('doctor', () => {
  it.runIf(hasAdapter === true)('names the adapter, its limits, its numbers and its speed', async () => {
    vi.stubEnv('HF_TOKEN', 'hf_secret');
    const { code, text } = await run({});
    expect(code).toBe(0);
    expect(text).toMatch(/^adapter +\S+.*\((hardware|lavapipe|swiftshader|software)\)/m);
    expect(text).toMatch(/maxStorageBufferBindingSize: [\d,]+/);
    expect(text).toMatch(/matmul: right, at most \d\.\de-\d+ from float64/);
    expect(text).toMatch(/token statistics: right/);
    expect(text).toMatch(/product of \d+³ [\d.]+ GFLOP\/s, \d+ % of it/);
    expect(text).toMatch(/^HF_TOKEN +set$/m);
    expect(text).not.toContain('hf_secret');
    if (!/\(hardware\)/.test(text)) expect(text).toContain('software adapter: says nothing about a GPU');
  });

  it.runIf(hasAdapter === true)('writes one JSON object on a line on request', async () => {
    vi.stubEnv('HF_TOKEN', '');
    const { code, text } = await run({ json: true });
    expect(code).toBe(0);
    expect(text.indexOf('\n')).toBe(text.length - 1);
    const { machine, adapter, usable } = JSON.parse(text);
    expect(usable).toBe(true);
    expect(machine).toMatchObject({ node: process.version, hasHubToken: false });
    expect(adapter.limits.maxStorageBufferBindingSize.granted).toBe(adapter.limits.maxStorageBufferBindingSize.offered);
    expect(adapter.ceilings.multiplyAddGflops).toBeGreaterThan(adapter.product.gflops / 2);
  });

  it('exits with 1 and says what there is when the adapter is not found', async () => {
    const { code, text } = await run({ adapter: 'no such thing' });
    expect(code).toBe(1);
    expect(text).toMatch(/^node +v\d+/m);
    expect(text).toMatch(/adapter: expected one whose name has 'no such thing', got /);
  });
});

describe('the check of numbers', () => {
  it('passes a device that computes in float64', async () => {
    for (const check of await selfCheck(new ReferenceDevice())) expect(check).toMatchObject({ worst: 0, passed: true });
  });

  it.each([1.001, Number.NaN])('fails a device whose readings are %d times what they should be', async (factor) => {
    const wrong: Device = new (class extends ReferenceDevice {
      override async read(...args: Parameters<ReferenceDevice['read']>) {
        return (await super.read(...args)).map((value) => value * factor);
      }
    })();
    for (const { passed } of await selfCheck(wrong)) expect(passed).toBe(false);
  });
});
