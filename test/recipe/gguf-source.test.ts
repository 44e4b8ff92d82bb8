import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PlanningDevice } from '../../src/gpu/planning-device.ts';
import { traitsOf } from '../../src/gpu/traits.ts';
import { parseModelConfig } from '../../src/model/parse-config.ts';
import { FakeHub } from '../model/fake-hub.ts';
import { nodeServices } from '../../src/recipe/services-node.ts';
import { encodeChat } from '../../src/tokenizer/chat.ts';

const golden = (path: string): string => fileURLToPath(new URL(`../golden/${path}`, import.meta.url));
const services = nodeServices(new PlanningDevice(traitsOf('software', { maxBindingBytes: 2 ** 27 })));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'entrain-gguf-'));
  await copyFile(golden('models/llama_gguf/model-q4_1.gguf'), join(folder, 'a.gguf'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('a GGUF file as model.path', () => {
  it('is opened by its own name, or alone in its folder', async () => {
    const named = await services.openModel(join(folder, 'a.gguf'));
    const alone = await services.openModel(folder);
    expect(alone.config).toEqual(named.config);
    const name = 'model.layers.1.self_attn.q_proj.weight';
    expect(await alone.weights.read(name)).toEqual(await named.weights.read(name));
  });

  it('has the side files of a folder', async () => {
    const { config, sideFiles } = await services.openModel(join(folder, 'a.gguf'));
    const read = (name: string): unknown => JSON.parse(new TextDecoder().decode(sideFiles.get(name)));
    expect(parseModelConfig(read('config.json'), { generation: read('generation_config.json') })).toEqual(config);
    expect(sideFiles.has('tokenizer.json')).toBe(false);
  });

  it('takes tokenizer and side files that lie beside it', async () => {
    await copyFile(golden('tokenizers/smollm_style/tokenizer.json'), join(folder, 'tokenizer.json'));
    const { tokenizer, sideFiles } = await services.openTokenizer(folder);
    expect(tokenizer.idOf('<|im_end|>')).toBe(2);
    expect([...sideFiles.keys()]).toEqual(['tokenizer.json']);
    expect((await services.openModel(folder)).sideFiles.has('tokenizer.json')).toBe(true);
  });

  it('says what it lacks', async () => {
    await expect(services.openTokenizer(join(folder, 'a.gguf'))).rejects.toThrow(/a\.gguf: expected a tokenizer, got a file without one/);
    await expect(services.openModel(join(folder, 'none.gguf'))).rejects.toThrow(/none\.gguf: expected a file, got none/);
    await copyFile(golden('models/llama_gguf/model-q8_0.gguf'), join(folder, 'b.gguf'));
    await expect(services.openModel(folder)).rejects.toThrow(/expected one GGUF file, got a\.gguf, b\.gguf\. Name one/);
  });
});

describe('a model of the hub as model.path', () => {
  it('is opened from the cache it was downloaded to, and so is its tokenizer', async () => {
    const hub = await FakeHub.open();
    try {
      for (const file of ['config.json', 'generation_config.json', 'model.safetensors'])
        hub.files.set(file, { bytes: await readFile(golden(`models/llama/${file}`)), isLarge: file.endsWith('.safetensors') });
      hub.files.set('tokenizer.json', { bytes: await readFile(golden('tokenizers/smollm_style/tokenizer.json')) });
      const environment = { HF_ENDPOINT: hub.url, HF_HUB_CACHE: join(folder, 'cache') };
      const elsewhere = nodeServices(new PlanningDevice(traitsOf('software', { maxBindingBytes: 2 ** 27 })), { environment });
      const { weights, sideFiles } = await elsewhere.openModel('some-org/tiny', 'v1');
      expect(weights.tensors.has('model.norm.weight')).toBe(true);
      expect([...sideFiles.keys()].toSorted()).toEqual(['config.json', 'generation_config.json', 'tokenizer.json']);
      expect((await elsewhere.openTokenizer('some-org/tiny', 'v1')).tokenizer.idOf('<|im_end|>')).toBe(2);
      expect(hub.requests).toContain('GET /api/models/some-org/tiny/revision/v1');
      await expect(elsewhere.openModel('test/none')).rejects.toThrow(/none.config\.json: expected a file, got none/);
    } finally {
      await hub.close();
    }
  });
});

interface RealCases {
  readonly texts: readonly { readonly text: string; readonly ids: readonly number[]; readonly decoded: string }[];
  readonly chats: readonly { readonly messages: { role: string; content: string }[]; readonly rendered: string; readonly ids: readonly number[] }[];
}

/** A fixture folder of a real model: cases.json, and meta.json that names the model's folder and file. */
const real = process.env['ENTRAIN_REAL_CASES'];
if (real === undefined) console.log('not run: the tokenizer of a real GGUF file (ENTRAIN_REAL_CASES names no folder of cases)');

describe.runIf(real !== undefined)('the tokenizer of a real GGUF file', () => {
  it('gives the ids of the reference', async () => {
    const json = async (path: string): Promise<unknown> => JSON.parse(await readFile(path, 'utf8'));
    const { model_dir, model_file } = (await json(join(real!, 'meta.json'))) as { model_dir: string; model_file: string };
    const { texts, chats } = (await json(join(real!, 'cases.json'))) as RealCases;
    const { tokenizer } = await services.openTokenizer(join(real!, model_dir, model_file));
    for (const { text, ids, decoded } of texts) {
      expect([...tokenizer.encode(text)]).toEqual(ids);
      expect(tokenizer.decode(ids)).toBe(decoded);
    }
    for (const { messages, rendered, ids } of chats) {
      const chat = encodeChat(tokenizer, messages, { addGenerationPrompt: true });
      expect(chat.text).toBe(rendered);
      expect([...chat.ids]).toEqual(ids);
    }
  });
});
