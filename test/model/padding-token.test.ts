import { describe, expect, it } from 'vitest';
import { ReferenceDevice } from '../../src/gpu/reference-device.ts';
import { packGroups, withoutTarget } from '../../src/model/packing.ts';
import { lossCoefficients } from './loss-problem.ts';
import { numbersIn, statsTables, TINY_MODELS, tinyParameters, tinyTransformer } from './tiny-models.ts';

const PAD = 7;
const groups = [{ prompt: [PAD, 3, 4], continuations: [{ targets: [5, PAD, 6], slot: 0 }] }];

async function embeddingGradient(padId: number | null, name: 'mistral' | 'gpt2' = 'mistral'): Promise<Float64Array> {
  const device = new ReferenceDevice();
  const config = { ...TINY_MODELS[name], padId };
  const parameters = tinyParameters(device, config);
  const model = tinyTransformer(device, config, parameters, 8);
  const batch = model.place(packGroups(groups));
  model.forward(batch, statsTables(device, 1, 3), 1);
  model.backward(batch, lossCoefficients(device, groups, 1, 3).slopes, 1);
  return numbersIn(device, model.gradients.get(parameters.embedding.ranges[0]!.parameter)!);
}

describe('the padding token', () => {
  it('gets no gradient from where it is fed, and the others the same as without one', async () => {
    const { width } = TINY_MODELS.mistral;
    const [without, withPad] = [await embeddingGradient(null), await embeddingGradient(PAD)];
    const row = (values: Float64Array, token: number) => values.slice(token * width, (token + 1) * width);
    expect(row(without, PAD).some((value) => value !== 0)).toBe(true);
    expect(row(withPad, PAD).every((value) => value === 0)).toBe(true);
    for (const token of [3, 4, 5]) {
      expect(row(withPad, token)).toEqual(row(without, token));
      expect(row(withPad, token).some((value) => value !== 0)).toBe(true);
    }
  });

  it('is a token like others in GPT-2, as transformers has it', async () => {
    expect(await embeddingGradient(PAD, 'gpt2')).toEqual(await embeddingGradient(null, 'gpt2'));
  });

  it('is taken out of the sums by token, wherever it stands', () => {
    const { byToken } = packGroups([{ prompt: [9, 2, 9, 4, 2], continuations: [] }]);
    expect(Array.from(byToken.targets)).toEqual([2, 4, 9]);
    const lists = (target: number) => {
      const { order, starts, targets } = withoutTarget(byToken, target);
      return Array.from(targets, (token, s) => [token, ...order.subarray(starts[s], starts[s + 1])]);
    };
    expect(lists(2)).toEqual([
      [4, 3],
      [9, 0, 2],
    ]);
    expect(lists(4)).toEqual([
      [2, 1, 4],
      [9, 0, 2],
    ]);
    expect(lists(9)).toEqual([
      [2, 1, 4],
      [4, 3],
    ]);
    expect(lists(1)).toEqual([
      [2, 1, 4],
      [4, 3],
      [9, 0, 2],
    ]);
  });
});
