import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { HostArray, Tensor } from '../../src/gpu/tensor.ts';
import { elementsOf } from '../../src/gpu/tensor.ts';
import { parameterShapes } from '../../src/model/config.ts';
import { openGgufModel } from '../../src/model/gguf-weights.ts';
import { createParameters, loadParameters } from '../../src/model/parameters.ts';
import { formatsOf, type WeightDtype } from '../../src/model/weight-dtype.ts';
import { openFile } from '../../src/model/weights-node.ts';
import { openTestDevice } from '../device.ts';

const MODEL = fileURLToPath(new URL('../../../shared/models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf', import.meta.url));
const isHere = existsSync(MODEL);
if (!isHere) console.log('not run: memory while SmolLM2-135M-Instruct is loaded (its file lies outside the repository)');

const MiB = 2 ** 20;

describe.skipIf(!isHere)('while SmolLM2-135M-Instruct is loaded', () => {
  it.each<WeightDtype>(['f32', 'f16', 'q8', 'q4'])('%s: the process holds little more than the device does', { timeout: 600_000 }, async (dtype) => {
    const { config, weights } = await openGgufModel(await openFile(MODEL));
    const device = await openTestDevice();
    await device.idle();
    const [process0, device0] = [process.memoryUsage.rss(), device.memory.bytes];
    let peak = 0;
    const look = () => (peak = Math.max(peak, process.memoryUsage.rss() - process0 - (device.memory.bytes - device0)));
    const parameters = createParameters(device, config, 'weights', formatsOf(dtype, config, weights.tensors));
    const upload = device.upload.bind(device);
    device.upload = (tensor: Tensor, data: ArrayLike<number> | HostArray) => {
      look();
      upload(tensor, data);
      look();
    };
    const timer = setInterval(look, 5);
    await loadParameters(device, parameters, weights);
    look();
    await device.idle();
    look();
    clearInterval(timer);
    const largest = Math.max(...[...parameterShapes(config).values()].map((shape) => 4 * elementsOf(shape)));
    console.log(
      `${dtype} on ${device.name}: ${((device.memory.bytes - device0) / MiB).toFixed(0)} MiB on the device, at most ${(peak / MiB).toFixed(0)} MiB beside it; largest tensor ${(largest / MiB).toFixed(0)} MiB`,
    );
    device.close();
    expect(peak).toBeLessThan(largest + 200e6);
  });
});
