import { describe, expect, it } from 'vitest';
import { DataError } from '../../src/base/errors.ts';
import { ReferenceDevice } from '../../src/gpu/reference-device.ts';
import { ALL_LINEAR, createLora } from '../../src/model/lora.ts';
import { createParameters } from '../../src/model/parameters.ts';
import { checkAdapter, describeAdapter, parseAdapterConfig } from '../../src/model/peft.ts';
import { openFile, openModelFolder } from '../../src/model/weights-node.ts';
import { openWeights } from '../../src/model/weights.ts';
import { goldenFolder } from './golden-folders.ts';
import { TINY_MODELS } from './tiny-models.ts';

const FILE = 'adapter_config.json';
const LORA = { peft_type: 'LORA', r: 4, lora_alpha: 8, target_modules: ['q_proj'] };

describe('adapter_config.json', () => {
  it.each<[unknown, RegExp]>([
    [7, /expected an object, got 7/],
    [{ ...LORA, peft_type: 'PROMPT_TUNING' }, /expected peft_type LORA, got "PROMPT_TUNING"/],
    [{ ...LORA, use_dora: true }, /expected no use_dora, got true/],
    [{ ...LORA, bias: 'all' }, /expected bias none, got "all"/],
    [{ ...LORA, r: 0 }, /expected a rank r of 1 or more, got 0/],
    [{ ...LORA, lora_alpha: 'much' }, /expected a positive lora_alpha, got "much"/],
    [{ ...LORA, lora_dropout: 1 }, /expected a lora_dropout from 0 to below 1, got 1/],
    [{ ...LORA, target_modules: '.*_proj' }, /expected target_modules as a list of names or all-linear, got ".\*_proj"/],
  ])('is refused: %j', (config, message) => {
    const parse = (): unknown => parseAdapterConfig(config, FILE);
    expect(parse).toThrow(DataError);
    expect(parse).toThrow(message);
    expect(parse).toThrow(FILE);
  });
});

it('says the dropout an adapter is trained with, and takes it back', () => {
  const options = { rank: 4, alpha: 8, rslora: false, dropout: 0.05, targets: ['q_proj'] };
  const device = new ReferenceDevice();
  const adapter = createLora(device, createParameters(device, TINY_MODELS.llama), options);
  const written: unknown = JSON.parse(describeAdapter(adapter, 'org/base'));
  expect(written).toMatchObject({ lora_dropout: 0.05 });
  expect(parseAdapterConfig(written, FILE)).toEqual(options);
  expect(parseAdapterConfig(LORA, FILE).dropout).toBe(0);
});

describe('an adapter', () => {
  const folder = `${goldenFolder('qwen2_lora')}/adapter`;

  it('fits its own base, and no other', async () => {
    const stored = await openWeights(await openFile(`${folder}/adapter_model.safetensors`));
    const { config } = await openModelFolder(goldenFolder('qwen2_lora'));
    const check =
      (changes: Partial<typeof config>, tensors = stored.tensors) =>
      () => {
        const device = new ReferenceDevice();
        const parameters = createParameters(device, { ...config, ...changes });
        checkAdapter(createLora(device, parameters, { rank: 4, alpha: 8, rslora: false, targets: ALL_LINEAR }), { name: stored.name, tensors }, 'org/base');
      };
    expect(check({})).not.toThrow();
    for (const change of [{ width: config.width + 8 }, { layers: config.layers + 1 }, { layers: config.layers - 1 }]) {
      expect(check(change)).toThrow(DataError);
      expect(check(change)).toThrow(
        /adapter_model\.safetensors: base_model\.model\.model\.layers\.\d.*lora_.*: expected .*trained on another base than org\/base/,
      );
    }
    expect(check({ width: config.width + 8 })).toThrow(/q_proj\.lora_A\.weight: expected \[4, \d+\], got \[4, \d+\]/);
  });
});
