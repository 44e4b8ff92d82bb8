import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DataError, RecipeError } from '../../src/base/errors.ts';
import type { GpuDevice } from '../../src/gpu/gpu-device.ts';
import { openWeights } from '../../src/model/weights.ts';
import { openFile, openFolderWeights } from '../../src/model/weights-node.ts';
import { exportPolicy, type Exported, type ExportStorage, openExportPlace } from '../../src/node.ts';
import { readRecipe } from '../../src/recipe/read.ts';
import type { BuildServices } from '../../src/recipe/services.ts';
import { nodeServices } from '../../src/recipe/services-node.ts';
import { openTestDevice } from '../device.ts';

const golden = (path: string): string => fileURLToPath(new URL(`../golden/${path}`, import.meta.url));

let device: GpuDevice;
let folder: string;
beforeAll(async () => {
  device = await openTestDevice();
  folder = await mkdtemp(join(tmpdir(), 'entrain-export-'));
  await modelOf('llama', 'smollm_style');
  await modelOf('llama3_rope', 'llama3_style');
  await modelOf('qwen2', 'qwen_style');
  await modelOf('gpt2', 'smollm_style');
  await modelOf('qwen2_lora', 'qwen_style');
  // An adapter's folder names its base; the fixture's does not.
  await cp(golden('models/qwen2_lora/adapter'), join(folder, 'adapter'), { recursive: true });
  const file = join(folder, 'adapter/adapter_config.json');
  await writeFile(
    file,
    (await readFile(file, 'utf8')).replace('"base_model_name_or_path": null', `"base_model_name_or_path": ${JSON.stringify(join(folder, 'qwen2_lora'))}`),
  );
});
afterAll(async () => {
  device.close();
  await rm(folder, { recursive: true });
});

/** A golden model with as much of a golden tokenizer as its vocabulary has room for. */
async function modelOf(name: string, tokenizer: string): Promise<void> {
  const place = join(folder, name);
  await cp(golden(`models/${name}`), place, { recursive: true });
  const config = JSON.parse(await readFile(join(place, 'config.json'), 'utf8')) as { vocab_size: number };
  const json = JSON.parse(await readFile(golden(`tokenizers/${tokenizer}/tokenizer.json`), 'utf8')) as {
    added_tokens: { id: number }[];
    model: { vocab: Record<string, number>; merges: (string | [string, string])[] };
  };
  json.added_tokens = json.added_tokens.filter(({ id }) => id < config.vocab_size);
  json.model.vocab = Object.fromEntries(Object.entries(json.model.vocab).filter(([, id]) => id < config.vocab_size));
  json.model.merges = json.model.merges.filter((merge) => {
    const pair = Array.isArray(merge) ? merge : merge.split(' ');
    return [...pair, pair.join('')].every((token) => token in json.model.vocab);
  });
  await writeFile(join(place, 'tokenizer.json'), JSON.stringify({ ...json, post_processor: null }));
  await writeFile(join(place, 'tokenizer_config.json'), JSON.stringify({ chat_template: "{{ messages[0]['content'] }}!" }));
}

interface Wish {
  readonly storage: ExportStorage;
  readonly out: string;
  readonly force?: boolean;
  readonly maxShardBytes?: number;
  readonly services?: Partial<BuildServices>;
  readonly signal?: AbortSignal;
}

async function exportOf(model: string, { storage, out, force = false, maxShardBytes = 1e9, services = {}, signal }: Wish): Promise<Exported> {
  const { recipe } = await readRecipe({
    overrides: [`model.path=${JSON.stringify(join(folder, model))}`, 'data.task=make_the_number', 'reward=[{"use":"make_the_number"}]'],
  });
  const place = await openExportPlace({ path: join(folder, out), kind: storage.format === 'gguf' ? 'file' : 'folder', force });
  return exportPolicy(recipe, { ...nodeServices(device), ...services }, place, { storage, name: 'tiny', maxShardBytes, base: null, ...(signal && { signal }) });
}

describe('an exported model', () => {
  it.each(['llama', 'gpt2'])('%s, as float32 in Hugging Face’s layout says the same logits, and has the same numbers', async (model) => {
    const { distance, files } = await exportOf(model, { storage: { format: 'safetensors', type: 'f32' }, out: `${model}-f32` });
    expect(distance).toEqual({ logit: 0, kl: 0, sameBest: 1 });
    expect(files.map(({ file }) => file).toSorted()).toEqual([
      'config.json',
      'generation_config.json',
      'model.safetensors',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    const [first, second] = await Promise.all([openFolderWeights(join(folder, model)), openFolderWeights(join(folder, `${model}-f32`))]);
    expect([...second.tensors.keys()].toSorted()).toEqual([...first.tensors.keys()].toSorted());
    for (const name of first.tensors.keys()) expect(await second.read(name)).toEqual(await first.read(name));
  });

  it('is spread over files with an index where it is large, and stored in sixteen bits where it is asked for', async () => {
    const { distance, files } = await exportOf('qwen2', { storage: { format: 'safetensors', type: 'bf16' }, out: 'qwen2-bf16', maxShardBytes: 20_000 });
    expect(files.filter(({ file }) => /^model-\d{5}-of-\d{5}\.safetensors$/.test(file)).length).toBeGreaterThan(2);
    expect(files.some(({ file }) => file === 'model.safetensors.index.json')).toBe(true);
    expect(JSON.parse(await readFile(join(folder, 'qwen2-bf16/config.json'), 'utf8'))).toMatchObject({ dtype: 'bfloat16' });
    expect(distance.logit).toBeGreaterThan(0);
    expect(distance.kl).toBeLessThan(2e-2);
  });

  it.each([
    ['llama', 'f16'],
    ['llama', 'q8_0'],
    ['llama', 'f32'],
    ['qwen2', 'f16'],
  ] as const)('of %s as GGUF in %s keeps its tokenizer and its logits', async (model, type) => {
    const { distance, notes } = await exportOf(model, { storage: { format: 'gguf', type }, out: `${model}-${type}.gguf` });
    expect(notes).toEqual([]);
    if (type === 'f32') expect(distance.logit).toBe(0);
    else expect(distance.logit).toBeGreaterThan(0);
    expect(distance.kl).toBeLessThan(type === 'q8_0' ? 2e-2 : 1e-3);
  });
});

it('rotations that GGUF’s factors do not determine are refused, and nothing is left', async () => {
  const storage = { format: 'gguf', type: 'f32' } as const;
  await expect(exportOf('llama3_rope', { storage, out: 'stretched.gguf' })).rejects.toThrow(/expected rope_freqs\.weight as Llama 3\.1 and 3\.2 have it/);
  expect(await leftovers('stretched')).toEqual([]);
});

describe('an exported adapter', () => {
  it('has PEFT’s names and keys, and the same numbers', async () => {
    const { distance, adapter } = await exportOf('adapter', { storage: { format: 'peft', type: 'f32' }, out: 'peft' });
    expect(distance.logit).toBe(0);
    expect(adapter?.logit).toBeGreaterThan(0.01);
    const [config, want] = await Promise.all([join(folder, 'peft/adapter_config.json'), golden('models/qwen2_lora/adapter/adapter_config.json')].map(readJson));
    expect(Object.keys(config!)).toEqual(Object.keys(want!).toSorted());
    const sets = (json: Record<string, unknown>) => ({ ...json, base_model_name_or_path: '', target_modules: new Set(json['target_modules'] as string[]) });
    expect(sets(config!)).toEqual(sets(want!));
    expect(config!['base_model_name_or_path']).toBe(join(folder, 'qwen2_lora'));
    const [first, second] = await Promise.all(
      [golden('models/qwen2_lora/adapter'), join(folder, 'peft')].map(async (path) => openWeights(await openFile(join(path, 'adapter_model.safetensors')))),
    );
    expect([...second!.tensors.keys()].toSorted()).toEqual([...first!.tensors.keys()].toSorted());
    for (const name of first!.tensors.keys()) expect(await second!.read(name)).toEqual(await first!.read(name));
  });

  it('is merged into safetensors that say the same', async () => {
    const { distance } = await exportOf('adapter', { storage: { format: 'safetensors', type: 'f32' }, out: 'merged' });
    expect(distance.logit).toBeGreaterThan(0); // rounding
    expect(distance.logit).toBeLessThan(1e-4);
    const weights = await openFolderWeights(join(folder, 'merged'));
    expect([...weights.tensors.keys()].filter((name) => name.includes('lora'))).toEqual([]);
  });

  it('is refused where the whole model is trained', async () => {
    await expect(exportOf('llama', { storage: { format: 'peft', type: 'f32' }, out: 'none' })).rejects.toThrow(RecipeError);
    expect(await leftovers('none')).toEqual([]);
  });
});

describe('an export that fails', () => {
  it('leaves nothing, whatever fails', async () => {
    const wrong: Partial<BuildServices> = {
      // What is read back has one number wrong.
      async openModel(path) {
        const model = await nodeServices(device).openModel(path);
        if (!path.includes('.tmp-')) return model;
        const read: typeof model.weights.read = async (name) => {
          const values = await model.weights.read(name);
          if (name === 'model.norm.weight') values[3]! += 0.5;
          return values;
        };
        return { ...model, weights: { ...model.weights, read } };
      },
    };
    const storage = { format: 'safetensors', type: 'f32' } as const;
    await expect(exportOf('llama', { storage, out: 'wrong', services: wrong })).rejects.toThrow(
      /model\.norm\.weight: expected .* at element 3, as it was written/,
    );
    await expect(exportOf('llama', { storage, out: 'wrong', signal: AbortSignal.abort() })).rejects.toThrow(/interrupted; nothing was kept/);
    expect(await leftovers('wrong')).toEqual([]);
  });

  it('because something is there touches it only when forced to, and only an export', async () => {
    const storage = { format: 'safetensors', type: 'f16' } as const;
    await exportOf('llama', { storage, out: 'again' });
    await expect(exportOf('llama', { storage, out: 'llama/config.json/below' })).rejects.toThrow(/below: expected a place that can be written, got .*--out/);
    await expect(exportOf('llama', { storage, out: 'again' })).rejects.toThrow(/expected a place with nothing in it, got a folder\. .*--force/);
    await exportOf('llama', { storage, out: 'again', force: true });
    await writeFile(join(folder, 'again/diary.txt'), 'mine');
    await expect(exportOf('llama', { storage, out: 'again', force: true })).rejects.toThrow(DataError);
    expect(await readFile(join(folder, 'again/diary.txt'), 'utf8')).toBe('mine');
  });
});

async function readJson(path: string): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
}

async function leftovers(name: string): Promise<string[]> {
  return (await readdir(folder)).filter((entry) => entry.includes(name));
}
