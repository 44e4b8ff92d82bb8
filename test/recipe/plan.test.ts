import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PlanningDevice } from '../../src/gpu/planning-device.ts';
import { traitsOf } from '../../src/gpu/traits.ts';
import { planBytes, planChanges, type PlannedPart } from '../../src/recipe/plan.ts';
import { planServices } from '../../src/recipe/plan-services-node.ts';
import { readRecipe } from '../../src/recipe/read.ts';
import type { Recipe } from '../../src/recipe/recipe.ts';

/** The shapes of published models: what lies beside their weights on a hub. */
const CONFIGS = {
  'Qwen2.5-7B': {
    model_type: 'qwen2',
    ...{ hidden_size: 3584, intermediate_size: 18_944, num_hidden_layers: 28, num_attention_heads: 28, num_key_value_heads: 4, vocab_size: 152_064 },
    ...{ rms_norm_eps: 1e-6, rope_theta: 1e6, tie_word_embeddings: false, eos_token_id: 151_645, max_position_embeddings: 32_768 },
    ...{ hidden_act: 'silu', use_sliding_window: false, bos_token_id: 151_643 },
  },
  'Llama-3-8B': {
    model_type: 'llama',
    ...{ hidden_size: 4096, intermediate_size: 14_336, num_hidden_layers: 32, num_attention_heads: 32, num_key_value_heads: 8, vocab_size: 128_256 },
    ...{ rms_norm_eps: 1e-5, rope_theta: 5e5, tie_word_embeddings: false, eos_token_id: 128_009, max_position_embeddings: 8192 },
    ...{ hidden_act: 'silu', bos_token_id: 128_000 },
  },
} as const;

/** Numbers in all, as their model cards say. */
const PARAMETERS = { 'Qwen2.5-7B': 7_615_616_512, 'Llama-3-8B': 8_030_261_248 } as const;
const NAMES = ['Qwen2.5-7B', 'Llama-3-8B'] as const;

const traits = traitsOf('software', { maxBindingBytes: 128 * 2 ** 20 });
const bytesOf = (parts: readonly PlannedPart[], name: string): number => parts.find(({ part }) => part === name)?.bytes ?? 0;
const total = (parts: readonly PlannedPart[]): number => parts.reduce((sum, { bytes }) => sum + bytes, 0);

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'entrain-plan-'));
  for (const name of NAMES) await writeFile(join(folder, `${name}.json`), JSON.stringify(CONFIGS[name]));
});

afterAll(() => rm(folder, { recursive: true }));

async function recipeOf(model: string, ...overrides: readonly string[]): Promise<Recipe> {
  const readText = async (path: string) => ({ path, text: await readFile(path, 'utf8') });
  const file = fileURLToPath(new URL('../../examples/recipes/make-the-number.yaml', import.meta.url));
  const settings = [`model.path=${JSON.stringify(join(folder, `${model}.json`))}`, 'rollout.max_tokens=256'];
  return (await readRecipe({ file, overrides: [...settings, ...overrides], readText })).recipe;
}

describe('the plan of a model of which there is a config.json alone', () => {
  it.each(NAMES)('%s: four bytes a number, and as many of gradients, moments and reference as they are', async (name) => {
    const parts = await planBytes(await recipeOf(name), planServices(), traits);
    // Beside them the table of rotations.
    expect(bytesOf(parts, 'weights') / (4 * PARAMETERS[name])).toBeCloseTo(1, 4);
    expect(bytesOf(parts, 'reference')).toBe(4 * PARAMETERS[name]);
    expect(bytesOf(parts, 'gradients') / bytesOf(parts, 'weights')).toBeCloseTo(1, 3);
    expect(bytesOf(parts, 'moments') / bytesOf(parts, 'weights')).toBeCloseTo(2, 3);
    const halved = await planBytes(await recipeOf(name, 'optim.moments=bf16'), planServices(), traits);
    expect(bytesOf(halved, 'moments') / bytesOf(parts, 'moments')).toBeCloseTo(1 / 2, 3);
    for (const part of ['activations', 'cache', 'head', 'decode', 'backward']) expect(bytesOf(parts, part), part).toBeGreaterThan(2 ** 20);
  });

  it.each(NAMES)('%s: each setting that saves is planned as the run it makes', async (name) => {
    const [recipe, services] = [await recipeOf(name), planServices()];
    const now = total(await planBytes(recipe, services, traits));
    const changes = await planChanges(recipe, services, traits);
    for (const change of changes) {
      const parts = await planBytes(await recipeOf(name, ...change.change.split(' ')), services, traits);
      expect(change).toEqual({ change: change.change, weights: bytesOf(parts, 'weights'), total: total(parts) });
      expect(change.total).toBeLessThan(now);
    }
    const named = new Map(changes.map((change) => [change.change, change]));
    expect([...named.keys()]).toEqual(
      expect.arrayContaining(['lora={}', 'model.dtype=q8 lora={}', 'model.gradient_checkpointing=true', 'optim.moments=bf16', 'ref.measure_kl=false']),
    );
    // q4_0 takes 4.5 bits a number, the head's q8_0 8.5: a seventh of f32, and the least of all is made of several settings.
    expect(named.get('model.dtype=q4 lora={}')!.weights / (4 * PARAMETERS[name])).toBeCloseTo(1 / 7, 1);
    const least = changes.at(-1)!;
    expect(least.change).toMatch(/^model\.dtype=q4 lora=\{\} model\.gradient_checkpointing=true batch\.micro_tokens=\d+( optim\.moments=bf16)?$/);
    expect(least.total).toBe(Math.min(...changes.map((change) => change.total)));
  });

  it('takes the tokenizer that lies beside a config.json named by its path', async () => {
    const { openTokenizer } = planServices()(new PlanningDevice(traits));
    const model = fileURLToPath(new URL('../../models/make-the-number', import.meta.url));
    const { tokenizer } = await openTokenizer(join(model, 'config.json'));
    expect(tokenizer.vocabSize).toBe(18);
  });

  it('refuses to read weights that are not there, and files that are no configuration', async () => {
    const { openModel } = planServices()(new PlanningDevice(traits));
    const { weights } = await openModel(join(folder, 'Llama-3-8B.json'));
    await expect(weights.read('model.norm.weight')).rejects.toThrow(
      /Llama-3-8B\.json: expected weights, got a configuration alone\. Plans need no more; a run does\./,
    );
    await expect(openModel(join(folder, 'none.json'))).rejects.toThrow(/none\.json: expected a file, got none\. Check model\.path\./);
    await writeFile(join(folder, 'broken.json'), '{"model_type": ');
    await expect(openModel(join(folder, 'broken.json'))).rejects.toThrow(/broken\.json: expected JSON, got/);
  });
});
