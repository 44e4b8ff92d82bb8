import { describe, expect, it } from 'vitest';
import { DeviceError } from '../../src/base/errors.ts';
import { memoryStore } from '../../src/trainer/run-store-memory.ts';
import { openTestAdapter, openTestDevice } from '../device.ts';
import { filesOf, runTiny, timeless, tinyRecipe } from './tiny-run.ts';

describe('a device that is lost in mid-run', () => {
  it('stops the run with a way out, and the run goes on from its checkpoint on another', async () => {
    const { device, raw } = await openTestAdapter();
    const recipe = await tinyRecipe('steps=5');
    const store = memoryStore();
    const lost = await runTiny(device, recipe, { store, observer: { step: ({ step }) => void (step === 3 && raw.destroy()) } });
    expect(lost.error).toBeInstanceOf(DeviceError);
    expect(lost.error).toMatchObject({
      exitCode: 1,
      message: expect.stringMatching(/^device .+: expected to keep it, lost it \(destroyed\).*Run the same command again to resume from the last checkpoint/),
    });
    expect(lost.rows.map(({ step }) => step)).toEqual([1, 2, 3]);
    expect(new TextDecoder().decode(await store.read('checkpoints/latest'))).toBe('step_2\n');

    const other = await openTestDevice();
    const resumed = await runTiny(other, recipe, { store, attempt: 2 });
    expect(resumed.rows.map(({ step }) => step)).toEqual([3, 4, 5]);
    const straight = await runTiny(other, recipe);
    expect(resumed.rows.map(timeless)).toEqual(straight.rows.slice(2).map(timeless));
    const weights = async (run: typeof straight) => (await filesOf(run.store, 'checkpoints/step_5')).get('model.safetensors');
    expect(await weights(resumed)).toEqual(await weights(straight));
    other.close();
  });

  it('says so whatever is asked of it next', async () => {
    const { device, raw } = await openTestAdapter();
    const tensor = device.create('f32', [8], 'test/tensor');
    raw.destroy();
    await raw.lost;
    await expect(device.read(tensor)).rejects.toThrow(DeviceError);
    await expect(device.idle()).rejects.toThrow(DeviceError);
    await expect(device.read(tensor)).rejects.toThrow(/Run the same command again/);
  });
});

describe('an allocation beyond what the adapter grants', () => {
  it('is refused before it is made, with its size, its name and what to change', async () => {
    const { device, raw } = await openTestAdapter();
    const { bytes } = device.memory;
    const elements = raw.limits.maxBufferSize / 4 + 1;
    expect(() => device.create('f32', [elements], 'activations/stream.0')).toThrow(DeviceError);
    expect(() => device.create('f32', [elements], 'activations/stream.0')).toThrow(
      new RegExp(`^activations/stream\\.0: expected at most ${raw.limits.maxBufferSize} bytes in one buffer, got ${4 * elements} .*batch\\.micro_tokens`),
    );
    expect(device.memory.bytes).toBe(bytes);
    const small = device.create('f32', [4], 'test/small');
    expect(Array.from(await device.read(small))).toEqual([0, 0, 0, 0]);
    device.close();
  });
});
