import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DataError, RecipeError } from '../../src/base/errors.ts';
import { Random } from '../../src/base/random.ts';
import { ReferenceDevice } from '../../src/gpu/reference-device.ts';
import { createParameters, loadParameters } from '../../src/model/parameters.ts';
import { baseWeights, createRopeTable } from '../../src/model/transformer.ts';
import { openModelFolder } from '../../src/model/weights-node.ts';
import { buildRun } from '../../src/recipe/build.ts';
import type { SamplingOptions } from '../../src/rollout/rollout.ts';
import { PolicySampler } from '../../src/rollout/sampler.ts';
import type { RunStore } from '../../src/trainer/run-store.ts';
import { goldenFolder, Numbers } from '../model/golden-folders.ts';
import { TINY_MODELS, tinyParameters } from '../model/tiny-models.ts';
import { runTiny, tinyRecipe, tinyServices } from './tiny-run.ts';

/** Runs `use` on a temporary copy of the llama fixture. */
async function withCopy<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'entrain-model-'));
  try {
    await cp(goldenFolder('llama'), folder, { recursive: true });
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const build = async (...overrides: readonly string[]) => buildRun(await tinyRecipe(...overrides), tinyServices(new ReferenceDevice()), 'reference');

describe('weights', () => {
  it('that are not finite are refused, with their file, tensor and place', () =>
    withCopy(async (folder) => {
      const file = join(folder, 'model.safetensors');
      const weights = new Numbers(await readFile(file));
      weights.add('model.layers.1.mlp.up_proj.weight', 5, Number.NaN);
      await writeFile(file, weights.bytes);
      const model = await openModelFolder(folder);
      const device = new ReferenceDevice();
      const loading = loadParameters(device, createParameters(device, model.config), model.weights);
      await expect(loading).rejects.toThrow(DataError);
      await expect(loading).rejects.toThrow(
        /model\.safetensors: model\.layers\.1\.mlp\.up_proj\.weight: expected finite weights, got NaN at element 5\. The file is damaged/,
      );
    }));

  it('of other shapes than the configuration says are refused', () =>
    withCopy(async (folder) => {
      const file = join(folder, 'config.json');
      const config = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
      await writeFile(file, JSON.stringify({ ...config, intermediate_size: 40 }));
      const opening = openModelFolder(folder);
      await expect(opening).rejects.toThrow(DataError);
      await expect(opening).rejects.toThrow(
        /expected model\.layers\.0\.mlp\.gate_proj\.weight \[40, \d+\], got \[\d+, \d+\]\. The weights belong to another config\.json/,
      );
    }));

  it('with fewer embeddings than the tokenizer has tokens are refused', async () => {
    const building = build('model.init=null', `model.path=${goldenFolder('llama')}`, 'model.tokenizer=test/golden/tokenizers/qwen_style');
    await expect(building).rejects.toThrow(DataError);
    await expect(building).rejects.toThrow(
      /expected a tokenizer of at most \d+ tokens, as the model has embeddings for, got \d+\. Tokenizer and weights belong to different models/,
    );
  });
});

describe('prompts', () => {
  it('longer than the recipe allows are counted in the error, or left out, or cut', async () => {
    await expect(build('data.max_prompt_length=4')).rejects.toThrow(
      /expected prompts of at most 4 tokens, got \d+ longer of \d+, first .*Raise data\.max_prompt_length, or set data\.overlong/,
    );
    await expect(build('data.max_prompt_length=4', 'data.overlong=filter')).rejects.toThrow(/expected at least one prompt, got none/);
    await expect(build('data.max_prompt_length=4', 'data.overlong=left')).resolves.toHaveProperty('takeStep');
  });

  const config = TINY_MODELS.llama;
  const sampling: SamplingOptions = { n: 1, maxTokens: 4, temperature: 1, topK: 0, topP: 1, minP: 0, repetitionPenalty: 1, stopIds: [] };
  const sample = (prompt: readonly number[], options: Partial<SamplingOptions> = {}) => {
    const device = new ReferenceDevice();
    const sampler = new PolicySampler(device, config, baseWeights(tinyParameters(device, config)), createRopeTable(device, config, 12), {
      maxRows: 4,
      maxPromptTokens: 6,
      maxTokens: 4,
    });
    return sampler.sample([Uint32Array.of(5, 6), Uint32Array.from(prompt)], { ...sampling, ...options }, Random.seeded(1));
  };

  it.each([
    ['is empty', [], /^prompt 1: expected at least one token, got none/],
    ['is longer than the sampler has room for', [1, 2, 3, 4, 5, 6, 7], /^prompt 1: expected at most 6 tokens, got 7\. Raise data\.max_prompt_length/],
    ['has a token that the model does not know', [1, 41], /^prompt 1: expected token ids below 41, got 41\. The tokenizer belongs to another model/],
  ])('one that %s is refused', async (_, prompt, message) => {
    await expect(sample(prompt)).rejects.toThrow(DataError);
    await expect(sample(prompt)).rejects.toThrow(message);
  });

  it('more tokens or stops than there is room for are refused', async () => {
    await expect(sample([1], { maxTokens: 5 })).rejects.toThrow(/expected at most 4 tokens a completion, got 5\. Raise rollout\.max_tokens/);
    await expect(sample([1], { stopIds: Array.from({ length: 17 }, (__, i) => i) })).rejects.toThrow(/expected at most 16 stop tokens, got 17/);
  });
});

describe('a run that is to begin from a checkpoint of another', () => {
  const begin = async (path: string, spoil: (store: RunStore) => Promise<void> = () => Promise.resolve()) => {
    const { store } = await runTiny(new ReferenceDevice(), await tinyRecipe('steps=2'));
    await spoil(store);
    return (await runTiny(new ReferenceDevice(), await tinyRecipe('steps=3'), { options: { resume: { store, path } } })).error;
  };

  it('needs one that is there and whole', async () => {
    expect(await begin('checkpoints/step_2')).toBeUndefined();
    expect(await begin('checkpoints/step_9')).toMatchObject({
      message: expect.stringMatching(/checkpoints\/step_9: expected the folder of a checkpoint, got none\. Name a whole checkpoint in resume/),
    });
    const cut = (store: RunStore) => store.truncate('checkpoints/step_2/state.json', 20);
    expect(await begin('checkpoints/step_2', cut)).toMatchObject({
      message: expect.stringMatching(/step_2: expected state\.json of \d+ bytes, got 20\. Name/),
    });
  });
});

describe('completions that may leave the positions a published model was made for', () => {
  it('are warned of', async () => {
    const model = ['model.init=null', 'model.path=models/make-the-number'];
    expect((await build(...model)).warnings).toEqual([]);
    expect((await build(...model, 'rollout.max_tokens=70')).warnings).toEqual([
      expect.stringMatching(/^model: a prompt of 6 tokens with its completion may take 76, more than the 64 that the model was made for/),
    ]);
  });
});

describe('a recipe', () => {
  it('that keeps the best by a name that is no metric is warned of it once, with the names there are', async () => {
    const { warnings } = await runTiny(new ReferenceDevice(), await tinyRecipe('checkpoint.keep_best=rewrd', 'steps=2'));
    expect(warnings).toEqual([
      expect.stringMatching(/^checkpoint\.keep_best: expected a metric of the run, got rewrd, which step 1 did not measure\. .*there are .*reward, reward_std/),
    ]);
  });

  it('whose adapter targets no projection names the key', async () => {
    await expect(build('lora={"target_modules":["q_prj"]}')).rejects.toMatchObject({
      exitCode: 2,
      issues: [{ path: 'lora.target_modules', message: expect.stringMatching(/^expected target modules out of q_proj, .*, got q_prj\./) }],
    });
  });

  it('whose groups have one completion is refused where the advantage compares with the group', async () => {
    await expect(tinyRecipe('rollout.n=1')).rejects.toThrow(RecipeError);
    await expect(tinyRecipe('rollout.n=1')).rejects.toMatchObject({
      exitCode: 2,
      issues: [{ path: 'rollout.n', message: expect.stringMatching(/expected 2 or more, got 1\. A completion is compared with its group/) }],
    });
    await expect(tinyRecipe('rollout.n=1', 'algorithm.advantage_center=none')).resolves.toBeDefined();
  });

  it('whose micro-batches do not hold one completion is refused', async () => {
    await expect(build('batch.micro_tokens=5')).rejects.toMatchObject({
      exitCode: 2,
      issues: [{ path: 'batch.micro_tokens', message: expect.stringMatching(/expected at least \d+, room for the longest prompt/) }],
    });
  });

  it('that names a reward nobody knows, or a model that is not there, is refused', async () => {
    await expect(build('reward=[{"use":"make_the_nubmer"}]')).rejects.toThrow(RecipeError);
    await expect(build('model.init=null', 'model.path=test/no-such-model')).rejects.toThrow(/no-such-model.*expected a file, got none/);
  });
});
