import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { fieldsOf, recipeJsonSchema, schemaAt, typeInWords } from '../../src/recipe/json-schema.ts';
import { presets } from '../../src/recipe/presets.ts';
import { readRecipe } from '../../src/recipe/read.ts';
import { recipeFrom, recipeSchema } from '../../src/recipe/recipe.ts';
import { camelCase } from '../../src/recipe/camel-case.ts';
import { complete, readFrom } from './read-text.ts';

const example = (name: string) =>
  readRecipe({
    file: `examples/recipes/${name}.yaml`,
    readText: async (path) => ({ path, text: await readFile(new URL(`../../${path}`, import.meta.url), 'utf8') }),
  });

describe('the schema', () => {
  it('describes every key', () => {
    const fields = fieldsOf();
    expect(fields.length).toBeGreaterThan(80);
    expect(fields.filter(({ description }) => !/^.{8,}\.$/s.test(description)).map(({ path }) => path)).toEqual([]);
    expect(fields.filter(({ path }) => !/^([a-z][a-z0-9_]*|\*)(\.([a-z][a-z0-9_]*|\*))*$/.test(path))).toEqual([]);
  });

  it('says in words what a key takes', () => {
    const words = (path: string) => typeInWords(schemaAt(path.split('.'))!);
    expect(words('rollout.top_k')).toBe('a whole number ≥ 1 or null');
    expect(words('rollout.top_p')).toBe('a number > 0 and ≤ 1');
    expect(words('batch.micro_tokens')).toBe('auto or a whole number ≥ 1');
    expect(words('model.dtype')).toBe('one of f32, f16, bf16, q8, q4');
    expect(words('optim.schedule')).toBe('one of constant, linear, cosine');
    expect(words('reward.0.when')).toBe('a map or null');
  });

  it('becomes a JSON schema that is strict and holds the defaults', () => {
    const schema = recipeJsonSchema();
    expect(schema.additionalProperties).toBe(false);
    expect(schemaAt(['optim', 'lr'], schema)).toMatchObject({ type: 'number', default: 1e-6, minimum: 0 });
    expect(JSON.stringify(schema)).not.toContain(String(Number.MAX_SAFE_INTEGER));
  });

  it('maps keys to camelCase, and leaves the keys of free-form options', () => {
    expect(camelCase('max_grad_norm')).toBe('maxGradNorm');
    expect(camelCase('k3')).toBe('k3');
    const values = recipeSchema.parse({
      reward: [{ use: 'x', args: { min_length: 3 }, when: { data_source: 'a' } }],
      model: { init: { width: 8, layers: 1, heads: 2, ff_width: 16 } },
    });
    const recipe = recipeFrom(values);
    expect(recipe.reward[0]).toEqual({ use: 'x', weight: 1, args: { min_length: 3 }, when: { data_source: 'a' } });
    expect(recipe.model.init).toMatchObject({ kvHeads: null, ffWidth: 16, tieEmbeddings: true });
    expect(JSON.stringify({ ...recipe, reward: [] })).not.toMatch(/"[a-z0-9]+_[a-z0-9_]+":/);
  });
});

describe('presets', () => {
  it.each(presets)('$name sets only keys of the recipe, to values they take', async ({ name, values }) => {
    const { values: read } = await readFrom(complete, { overrides: [`algorithm.name=${name}`] });
    expect(read.algorithm).toMatchObject(values.algorithm);
  });

  it('of the default equals the defaults', () => {
    expect(recipeSchema.parse({}).algorithm).toMatchObject(presets[0].values.algorithm);
  });
});

describe('the recipes that come along', () => {
  it('make the number as it was measured', async () => {
    const { recipe, notes } = await example('make-the-number');
    expect(notes).toEqual([]);
    expect(recipe).toMatchObject({
      method: 'grpo',
      steps: 90,
      rollout: { n: 8, maxTokens: 14, temperature: 1, topP: 1 },
      batch: { prompts: 32, updatePrompts: 8, epochs: 1 },
    });
    expect(recipe.optim).toMatchObject({ lr: 2e-4, betas: [0.9, 0.95], eps: 1e-8, weightDecay: 0, warmupSteps: 3, schedule: 'constant', maxGradNorm: 1 });
    expect(recipe.algorithm).toMatchObject({
      advantageScale: 'group',
      advantageEps: 1e-6,
      clipLow: 0.2,
      clipHigh: 0.2,
      clipDual: null,
      lossAgg: 'token-mean',
      klCoef: 0,
      entropyCoef: 0,
    });
    expect(recipe.data.makeTheNumber).toEqual({ targets: [5, 39], requiredDigits: 2, eachDigitOnce: false, multiplication: false });
  });

  it('warm it up', async () => {
    const { recipe, notes } = await example('make-the-number-warmup');
    expect(notes).toEqual([]);
    expect(recipe).toMatchObject({
      method: 'sft',
      batch: { prompts: 256 },
      model: { path: null, init: { width: 64, layers: 3, heads: 4, kvHeads: 2, ffWidth: 176, ropeTheta: 100, embeddingStd: 0.1 } },
    });
    expect(recipe.optim).toMatchObject({
      lr: 5e-3,
      betas: [0.9, 0.98],
      weightDecay: 0.01,
      schedule: 'cosine',
      scheduleSteps: 800,
      warmupSteps: 50,
      finalLrShare: 0.1,
    });
  });
});
