import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { planBytes } from '../../src/recipe/plan.ts';
import { readRecipe } from '../../src/recipe/read.ts';
import type { Recipe } from '../../src/recipe/recipe.ts';
import { openTestAdapter } from '../device.ts';
import { runTiny, tinyServices } from './tiny-run.ts';

async function exampleRecipe(name: string, ...overrides: readonly string[]): Promise<Recipe> {
  const readText = async (path: string) => ({ path, text: await readFile(path, 'utf8') });
  return (await readRecipe({ file: fileURLToPath(new URL(`../../examples/recipes/${name}.yaml`, import.meta.url)), overrides, readText })).recipe;
}

/** Counts the bytes of every buffer that is made and destroyed from now on. */
function countBuffers(raw: GPUDevice, already: number): { readonly peak: () => number } {
  let [bytes, peak] = [already, already];
  const create = raw.createBuffer.bind(raw);
  raw.createBuffer = (descriptor) => {
    const buffer = create(descriptor);
    const destroy = buffer.destroy.bind(buffer);
    bytes += buffer.size;
    peak = Math.max(peak, bytes);
    buffer.destroy = () => {
      bytes -= buffer.size;
      return destroy();
    };
    return buffer;
  };
  return { peak: () => peak };
}

// The default recipe's shape, with fresh weights; its evaluations fill the widest wave.
const fresh = ['model.path=null', 'model.init={"width":64,"layers":3,"heads":4,"kv_heads":2,"ff_width":176,"rope_theta":100,"embedding_std":0.1}'];
const short = ['eval.every=null', 'eval.at_start=false', 'eval.limit=64', 'checkpoint.every=2'];

const shapes: readonly (readonly [string, () => Promise<Recipe>])[] = [
  ['the default recipe', () => exampleRecipe('make-the-number', ...fresh, ...short, 'steps=3')],
  ['its warm-up', () => exampleRecipe('make-the-number-warmup', ...short, 'steps=3', 'optim.warmup_steps=1', 'batch.prompts=64')],
  [
    'long completions in small micro-batches, against a reference',
    () =>
      exampleRecipe(
        'make-the-number',
        ...fresh,
        'steps=3',
        'eval.data=null',
        'checkpoint.keep_best=null',
        'batch={"prompts":6,"update_prompts":3,"epochs":2,"micro_tokens":200}',
        'rollout={"n":4,"max_tokens":30}',
        'algorithm.kl_coef=0.05',
      ),
  ],
  [
    'an adapter under dropout on q8 weights, with bf16 moments and activations computed again',
    () =>
      exampleRecipe(
        'make-the-number',
        ...fresh,
        ...short,
        'steps=3',
        'lora={"rank":4,"dropout":0.1}',
        'model.dtype=q8',
        'model.gradient_checkpointing=true',
        'optim.moments=bf16',
      ),
  ],
];

describe('the plan of a run', () => {
  it.each(shapes)('%s takes the bytes it says, within a tenth', async (name, recipeOf) => {
    const { device, raw } = await openTestAdapter();
    const buffers = countBuffers(raw, device.memory.bytes);
    const recipe = await recipeOf();
    const parts = await planBytes(recipe, tinyServices, device.traits);
    const planned = parts.reduce((sum, { bytes }) => sum + bytes, 0);
    const { error, rows } = await runTiny(device, recipe);
    expect(error).toBeUndefined();
    expect(rows.at(-1)!.step).toBe(3);
    console.log(
      `${name} on ${device.name}: planned ${planned} bytes, at most ${buffers.peak()} in buffers (${((100 * planned) / buffers.peak()).toFixed(1)} %)`,
    );
    expect(device.memory.peakBytes).toBe(buffers.peak());
    expect(planned).toBeGreaterThan(0.9 * buffers.peak());
    expect(planned).toBeLessThan(1.1 * buffers.peak());
    device.close();
  });

  it('reads no weights and asks for no device', async () => {
    const recipe = await exampleRecipe('make-the-number', ...fresh);
    const { device } = await openTestAdapter();
    const { bytes } = device.memory;
    const parts = new Map((await planBytes(recipe, tinyServices, device.traits)).map(({ part, bytes: size }) => [part, size]));
    expect(device.memory.bytes).toBe(bytes);
    for (const part of ['weights', 'gradients', 'moments', 'activations', 'backward', 'head', 'cache', 'decode'])
      expect(parts.get(part), part).toBeGreaterThan(0);
    // AdamW keeps two numbers for each gradient.
    expect(parts.get('weights')).toBeGreaterThanOrEqual(parts.get('gradients')!);
    expect(parts.get('moments')).toBeGreaterThan(2 * parts.get('gradients')!);
    device.close();
  });
});
