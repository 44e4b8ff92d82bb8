import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { PlanningDevice } from '../../src/gpu/planning-device.ts';
import { traitsOf } from '../../src/gpu/traits.ts';
import { createLora } from '../../src/model/lora.ts';
import { createParameters } from '../../src/model/parameters.ts';
import { parseModelConfig } from '../../src/model/parse-config.ts';
import { describeAdapter, parseAdapterConfig } from '../../src/model/peft.ts';

type Json = Readonly<Record<string, unknown>>;

async function read(file: string): Promise<Json> {
  return JSON.parse(await readFile(new URL(`../golden/peft/smollm2_135m/${file}`, import.meta.url), 'utf8')) as Json;
}

describe('an adapter of SmolLM2-135M', () => {
  it('has the names, shapes and keys that PEFT gives it', async () => {
    const [config, adapterConfig, tensors] = await Promise.all(['config.json', 'adapter_config.json', 'tensors.json'].map(read));
    const device = new PlanningDevice(traitsOf('software', { maxBindingBytes: 2 ** 27 }));
    const adapter = createLora(device, createParameters(device, parseModelConfig(config)), parseAdapterConfig(adapterConfig, 'adapter_config.json'));
    const parts = adapter.all.flatMap((parameter) => parameter.parts.map(({ name, shape }) => [name, shape] as const));
    expect(parts).toHaveLength(420);
    expect(Object.fromEntries(parts)).toEqual(tensors);

    const written = JSON.parse(describeAdapter(adapter, null)) as Json;
    expect(Object.keys(written).toSorted()).toEqual(Object.keys(adapterConfig!).toSorted());
    // The order of target_modules says nothing, and the version is that of the keys.
    const compared = (json: Json) => ({ ...json, peft_version: '', target_modules: new Set(json['target_modules'] as string[]) });
    expect(compared(written)).toEqual(compared(adapterConfig!));
  });
});
