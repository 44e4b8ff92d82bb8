import { describe, expect, it } from 'vitest';
import { DataError } from '../../src/base/errors.ts';
import { Random } from '../../src/base/random.ts';
import { ReferenceDevice } from '../../src/gpu/reference-device.ts';
import { tensorsLike } from '../../src/model/parameters.ts';
import { AdamW, type MomentFormat } from '../../src/optim/adamw.ts';
import { type Checkpointed, type CheckpointState, findCheckpoint, pruneCheckpoints, restoreCheckpoint, saveCheckpoint } from '../../src/trainer/checkpoint.ts';
import type { RunStore } from '../../src/trainer/run-store.ts';
import { memoryStore } from '../../src/trainer/run-store-memory.ts';
import { numbersIn, TINY_MODELS, tinyParameters } from '../model/tiny-models.ts';

interface Live extends Checkpointed {
  readonly device: ReferenceDevice;
}

/** A policy and its optimizer after one update with random gradients. */
async function livePolicy(seed: number, moments: MomentFormat = 'f32'): Promise<Live> {
  const device = new ReferenceDevice();
  const parameters = tinyParameters(device, TINY_MODELS.qwen2);
  const gradients = tensorsLike(device, parameters.all, 'gradients');
  const random = Random.seeded(seed);
  const trained = parameters.all.map((parameter) => {
    const gradient = gradients.get(parameter)!;
    device.upload(
      gradient,
      Array.from({ length: gradient.length }, (_, i) => random.fork(parameter.name).normal(i)),
    );
    return { name: parameter.name, weights: parameter.weights, gradient };
  });
  const optimizer = new AdamW(device, trained, { betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, maxGradNorm: 0, moments });
  await optimizer.update(0.01);
  return {
    device,
    parameters,
    weightsFile: 'model.safetensors',
    optimizer,
    progress: { step: seed, updates: 3 * seed, cursor: 8 * seed, tokens: 100 * seed },
    sideFiles: new Map([['config.json', new TextEncoder().encode('{}')]]),
  };
}

const state: Omit<CheckpointState, 'version' | 'progress' | 'optimizerStep'> = {
  algorithm: { kl: { coefficient: 0.25 } },
  bookmark: { 'metrics.jsonl': 12 },
  best: { value: 0.5, step: 2 },
  device: 'test',
  recipeHash: 'abc',
};

const save = (store: RunStore, live: Live) => saveCheckpoint(store, live, state);

async function numbersOf({ device, parameters, optimizer }: Live) {
  const numbers: Float32Array[] = [];
  for (const { name, weights } of parameters.all) {
    const { m, v } = optimizer.moments.get(name)!;
    for (const tensor of [weights, m, v]) numbers.push(Float32Array.from(await numbersIn(device, tensor)));
  }
  return numbers;
}

async function storeWith(...steps: readonly number[]): Promise<RunStore> {
  const store = memoryStore('run');
  for (const step of steps) await save(store, await livePolicy(step));
  return store;
}

describe('a checkpoint', () => {
  it.each(['f32', 'bf16'] as const)('gives weights, %s moments and counters back, bit for bit', async (moments) => {
    const saved = await livePolicy(4, moments);
    const store = memoryStore();
    expect(await save(store, saved)).toBe('checkpoints/step_4');
    const other = await livePolicy(9, moments);
    expect(await numbersOf(other)).not.toEqual(await numbersOf(saved));
    const restored = await restoreCheckpoint(store, 'checkpoints/step_4', other);
    expect(await numbersOf(other)).toEqual(await numbersOf(saved));
    expect(other.progress).toEqual(saved.progress);
    expect(other.optimizer.step).toBe(1);
    expect(restored).toMatchObject(state);
    expect(new TextDecoder().decode(await store.read('checkpoints/latest'))).toBe('step_4\n');
    expect((await store.list('checkpoints/step_4')).map(({ name }) => name)).toEqual([
      'config.json',
      'manifest.json',
      'model.safetensors',
      'optimizer.safetensors',
      'state.json',
    ]);
  });

  it('of another version, or of another model, is refused', async () => {
    const store = await storeWith(2);
    const text = new TextDecoder().decode(await store.read('checkpoints/step_2/state.json'));
    await store.write('checkpoints/step_2/state.json', text.replace('"version": 1', '"version": 99'));
    await expect(restoreCheckpoint(store, 'checkpoints/step_2', await livePolicy(1))).rejects.toThrow(
      /expected a checkpoint of version 1, got 99\. Resume with the version/,
    );

    const device = new ReferenceDevice();
    const parameters = tinyParameters(device, TINY_MODELS.llama);
    const optimizer = new AdamW(device, [], { betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, maxGradNorm: 0 });
    const llama: Checkpointed = {
      device,
      parameters,
      weightsFile: 'model.safetensors',
      optimizer,
      progress: { step: 0, updates: 0, cursor: 0, tokens: 0 },
      sideFiles: new Map(),
    };
    const qwen3 = await storeWith(3);
    await expect(
      restoreCheckpoint(qwen3, 'checkpoints/step_3', { ...llama, parameters: tinyParameters(device, { ...TINY_MODELS.llama, width: 16 }) }),
    ).rejects.toThrow(DataError);
  });
});

describe('a torn checkpoint is passed over with its reason, and the one before is used', () => {
  const torn: readonly (readonly [string, RegExp, (store: RunStore, path: string) => Promise<void>])[] = [
    ['without a manifest', /expected a manifest\.json, got none; the save was cut short/, (store, path) => store.remove(`${path}/manifest.json`)],
    ['with half a manifest', /expected a readable manifest\.json, got damaged text/, (store, path) => store.truncate(`${path}/manifest.json`, 40)],
    [
      'with a file cut off',
      /expected model\.safetensors of \d+ bytes, got \d+/,
      async (store, path) => store.truncate(`${path}/model.safetensors`, (await store.size(`${path}/model.safetensors`))! - 1),
    ],
    ['with a file missing', /expected optimizer\.safetensors of \d+ bytes, got none/, (store, path) => store.remove(`${path}/optimizer.safetensors`)],
    [
      'with one bit altered',
      /expected optimizer\.safetensors as the manifest describes it, got other bytes/,
      async (store, path) => {
        const bytes = await store.read(`${path}/optimizer.safetensors`);
        bytes[bytes.length - 3]! ^= 1;
        await store.write(`${path}/optimizer.safetensors`, bytes);
      },
    ],
  ];

  it.each(torn)('%s', async (_, reason, tear) => {
    const store = await storeWith(2, 4);
    expect(await findCheckpoint(store)).toEqual({ path: 'checkpoints/step_4', passedOver: [] });
    await tear(store, 'checkpoints/step_4');
    const { path, passedOver } = await findCheckpoint(store);
    expect(path).toBe('checkpoints/step_2');
    expect(passedOver).toEqual([expect.stringMatching(reason)]);
    expect(passedOver[0]).toContain('run/checkpoints/step_4');
    // Saved again when the run comes by, over the torn one.
    await save(store, await livePolicy(4));
    expect(await findCheckpoint(store)).toEqual({ path: 'checkpoints/step_4', passedOver: [] });
  });

  it('and where all are torn there is none', async () => {
    const store = await storeWith(2, 4);
    for (const step of [2, 4]) await store.remove(`checkpoints/step_${step}/manifest.json`);
    expect(await findCheckpoint(store)).toMatchObject({ path: null, passedOver: [expect.any(String), expect.any(String)] });
  });
});

describe('pruning', () => {
  const kept = async (store: RunStore) =>
    (await store.list('checkpoints'))
      .filter(({ kind }) => kind === 'folder')
      .map(({ name }) => Number(name.slice(5)))
      .sort((a, b) => a - b);

  it('keeps the last, the best and every so many', async () => {
    const store = await storeWith(1, 2, 3, 4, 5, 6, 7, 8);
    await pruneCheckpoints(store, { keepLast: 2, keepEvery: 3, keep: [2], step: 8 });
    expect(await kept(store)).toEqual([2, 3, 6, 7, 8]);
    await pruneCheckpoints(store, { keepLast: 1, keepEvery: null, keep: [], step: 8 });
    expect(await kept(store)).toEqual([8]);
  });

  it('does not let go of the step just saved for one that is torn and newer', async () => {
    const store = await storeWith(4, 6);
    await store.remove('checkpoints/step_6/manifest.json');
    await save(store, await livePolicy(5)); // resumed from 4, and best at 5
    await pruneCheckpoints(store, { keepLast: 1, keepEvery: null, keep: [], step: 5 });
    expect((await findCheckpoint(store)).path).toBe('checkpoints/step_5');
  });
});

describe('a save that fails half-way', () => {
  it('leaves nothing behind once another is saved', async () => {
    const store = await storeWith(2);
    await expect(save(failingAt(store, 4), await livePolicy(4))).rejects.toThrow(/full disk/);
    expect((await store.list('checkpoints')).map(({ name }) => name)).toContain('.tmp-step_4');
    await save(store, await livePolicy(5));
    await pruneCheckpoints(store, { keepLast: 2, keepEvery: null, keep: [], step: 5 });
    expect((await store.list('checkpoints')).map(({ name }) => name)).toEqual(['latest', 'step_2', 'step_5']);
  });

  /** Fails the nth change of the store, and all after it. */
  function failingAt(store: RunStore, n: number): RunStore {
    let changes = 0;
    const change = async <T>(work: () => Promise<T>): Promise<T> => {
      if (++changes >= n) throw new DataError('run/x: expected to write it, got a full disk. Everything written before is intact.');
      return work();
    };
    return {
      ...store,
      write: (path, content) => change(() => store.write(path, content)),
      append: (path, text) => change(() => store.append(path, text)),
      rename: (from, to) => change(() => store.rename(from, to)),
      remove: (path) => change(() => store.remove(path)),
    };
  }

  it('at any write leaves a whole checkpoint, and the next save succeeds', async () => {
    let failures = 0;
    for (let n = 1; ; n++) {
      const store = await storeWith(2);
      const failed = await save(failingAt(store, n), await livePolicy(4)).then(
        () => false,
        (error: unknown) => error instanceof DataError && /full disk/.test(error.message),
      );
      if (!failed) break;
      failures++;
      const { path, passedOver } = await findCheckpoint(store);
      expect(passedOver).toEqual([]);
      const restored = await livePolicy(7);
      await restoreCheckpoint(store, path!, restored);
      expect(restored.progress.step).toBe(path === 'checkpoints/step_4' ? 4 : 2);
      await save(store, await livePolicy(4));
      expect(await findCheckpoint(store)).toEqual({ path: 'checkpoints/step_4', passedOver: [] });
      expect((await store.list('checkpoints')).map(({ name }) => name)).toEqual(['latest', 'step_2', 'step_4']);
    }
    expect(failures).toBeGreaterThanOrEqual(8); // four files, the manifest, the rename, two removals, `latest`
  });

  it('is not begun where the disk has no room for it', async () => {
    const store = await storeWith(2);
    const full: RunStore = { ...store, freeBytes: () => Promise.resolve(1000) };
    await expect(save(full, await livePolicy(4))).rejects.toThrow(/expected \d+ free bytes for a checkpoint, got 1000\. Free some space/);
    expect(await findCheckpoint(store)).toEqual({ path: 'checkpoints/step_2', passedOver: [] });
  });
});
