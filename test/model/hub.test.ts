import { mkdir, mkdtemp, readdir, readFile, readlink, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DataError } from '../../src/base/errors.ts';
import { hubCacheRoot, safePath } from '../../src/model/hub-cache-node.ts';
import { isHubName, openHubModel } from '../../src/model/hub-node.ts';
import { openModelFolder } from '../../src/model/weights-node.ts';
import { FakeHub } from './fake-hub.ts';

const golden = (path: string): string => fileURLToPath(new URL(`../golden/models/${path}`, import.meta.url));

let hub: FakeHub;
let cache: string;

beforeEach(async () => {
  hub = await FakeHub.open();
  cache = await mkdtemp(join(tmpdir(), 'entrain-hub-'));
  for (const name of ['config.json', 'generation_config.json']) hub.files.set(name, { bytes: await readFile(golden(`llama/${name}`)) });
  hub.files.set('model.safetensors', { bytes: await readFile(golden('llama/model.safetensors')), isLarge: true });
  hub.files.set('README.md', { bytes: Buffer.from('not wanted') });
});

afterEach(async () => {
  await hub.close();
  await rm(cache, { recursive: true });
});

const fetchModel = (path = 'org/name', environment: Record<string, string> = {}, revision?: string) =>
  openHubModel(path, {
    environment: { HF_ENDPOINT: hub.url, HF_HUB_CACHE: cache, ...environment },
    download: { pauseMs: 1, stallMs: 300 },
    ...(revision !== undefined && { revision }),
  });

/** What of a file was not finished. */
const incomplete = async () => (await readdir(join(cache, 'models--org--name', 'blobs'))).filter((name) => name.endsWith('.incomplete'));

describe('a model of the hub', () => {
  it('is downloaded into Hugging Face’s cache, in its layout, and opens', async () => {
    const folder = await fetchModel();
    expect(folder).toBe(join(cache, 'models--org--name', 'snapshots', hub.commit));
    expect((await readdir(folder)).toSorted()).toEqual(['config.json', 'generation_config.json', 'model.safetensors']);
    const blob = hub.etagOf(hub.files.get('model.safetensors')!);
    expect(await readlink(join(folder, 'model.safetensors'))).toBe(join('..', '..', 'blobs', blob));
    expect(await readFile(join(cache, 'models--org--name', 'refs', 'main'), 'utf8')).toBe(hub.commit);
    const [{ weights }, local] = await Promise.all([openModelFolder(folder), openModelFolder(golden('llama'))]);
    expect(await weights.read('model.norm.weight')).toEqual(await local.weights.read('model.norm.weight'));
  });

  it('is not downloaded again, and is found offline or when the hub is away', async () => {
    const folder = await fetchModel();
    const { downloads } = hub;
    expect(await fetchModel()).toBe(folder);
    expect(hub.downloads).toBe(downloads);
    const asked = hub.requests.length;
    expect(await fetchModel('org/name', { HF_HUB_OFFLINE: '1' })).toBe(folder);
    expect(hub.requests.length).toBe(asked);
    hub.status = 503;
    expect(await fetchModel()).toBe(folder);
    expect(await fetchModel('org/name', { HF_ENDPOINT: 'http://127.0.0.1:9' })).toBe(folder);
  });

  it('is refused offline where the cache has it not, or not whole', async () => {
    await expect(fetchModel('org/name', { HF_HUB_OFFLINE: '1' })).rejects.toThrow(
      /org\/name: expected revision main in the cache, since HF_HUB_OFFLINE is set, got none/,
    );
    const folder = await fetchModel();
    await rm(join(folder, 'model.safetensors'));
    await expect(fetchModel('org/name', { HF_HUB_OFFLINE: '1' })).rejects.toThrow(/expected its weights in the cache/);
    await expect(fetchModel('org/name', { HF_HUB_OFFLINE: '1' }, 'v2')).rejects.toThrow(/expected revision v2 in the cache/);
  });

  it('shows its token to the hub and not to its storage', async () => {
    await fetchModel('org/name', { HF_TOKEN: 'hf_secret' });
    expect([...hub.seen.hub]).toEqual(['Bearer hf_secret']);
    expect([...hub.seen.storage]).toEqual([]);
  });

  it('has its revision by name or by commit', async () => {
    await fetchModel('org/name', {}, 'refs/pr/1');
    expect(await readFile(join(cache, 'models--org--name', 'refs', 'refs', 'pr', '1'), 'utf8')).toBe(hub.commit);
    expect(hub.requests[0]).toBe('GET /api/models/org/name/revision/refs%2Fpr%2F1');
    await fetchModel('org/name', { HF_HUB_OFFLINE: '1' }, hub.commit);
  });

  it('of several shards is downloaded as its index says', async () => {
    hub.files.delete('model.safetensors');
    for (const name of await readdir(golden('llama_sharded'))) {
      if (name.startsWith('model')) hub.files.set(name, { bytes: await readFile(golden(`llama_sharded/${name}`)), isLarge: name.endsWith('.safetensors') });
    }
    hub.files.set('config.json', { bytes: await readFile(golden('llama_sharded/config.json')) });
    const folder = await fetchModel();
    expect((await readdir(folder)).filter((name) => name.endsWith('.safetensors'))).toHaveLength(4);
    await openModelFolder(folder);
    expect(await fetchModel('org/name', { HF_HUB_OFFLINE: '1' })).toBe(folder);
    await rm(join(folder, 'model-00003-of-00004.safetensors'));
    await expect(fetchModel('org/name', { HF_HUB_OFFLINE: '1' })).rejects.toThrow(/expected its weights in the cache/);
  });

  it('may be a GGUF file, named where there are several', async () => {
    hub.files.delete('model.safetensors');
    hub.files.set('a.gguf', { bytes: await readFile(golden('llama_gguf/model-q8_0.gguf')), isLarge: true });
    await fetchModel();
    hub.files.set('sub/b.gguf', { bytes: await readFile(golden('llama_gguf/model-q4_0.gguf')), isLarge: true });
    await expect(fetchModel()).rejects.toThrow(/got 2 GGUF files\. Name one of its GGUF files: org\/name\/a\.gguf, org\/name\/sub\/b\.gguf/);
    const file = await fetchModel('org/name/sub/b.gguf');
    expect(await readFile(file)).toEqual(await readFile(golden('llama_gguf/model-q4_0.gguf')));
    await expect(fetchModel('org/name/c.gguf')).rejects.toThrow(/expected a file c\.gguf/);
  });
});

describe('a download', () => {
  it('goes on where a connection was cut', async () => {
    hub.cutAfter = (request) => (request % 2 === 0 ? 20_000 : Infinity);
    const folder = await fetchModel();
    expect(await readFile(join(folder, 'model.safetensors'))).toEqual(await readFile(golden('llama/model.safetensors')));
    hub.cutAfter = () => 7000;
    hub.files.set('model.safetensors', { bytes: Buffer.alloc(50_000, 5), isLarge: true });
    await rm(join(folder, 'model.safetensors'));
    await fetchModel();
    expect(await readFile(join(folder, 'model.safetensors'))).toEqual(Buffer.alloc(50_000, 5));
  });

  it('is taken up by a later run', async () => {
    hub.cutAfter = (request) => (request < 3 ? 30_000 : 0);
    await expect(fetchModel()).rejects.toThrow(/after 5 attempts that brought nothing more\. Run again to go on from there/);
    const [left = ''] = await incomplete();
    const had = (await readFile(join(cache, 'models--org--name', 'blobs', left))).length;
    expect(had).toBeGreaterThan(0);
    hub.cutAfter = () => Infinity;
    const from: number[] = [];
    hub.onGet = () => from.push(hub.downloads);
    const folder = await fetchModel();
    expect(await readFile(join(folder, 'model.safetensors'))).toEqual(await readFile(golden('llama/model.safetensors')));
    expect(await incomplete()).toEqual([]);
    expect(from).toHaveLength(1);
  });

  it('starts over where a server sends the whole file', async () => {
    let gets = 0;
    hub.cutAfter = () => (gets++ === 2 ? 30_000 : Infinity);
    hub.ignoresRanges = true;
    const folder = await fetchModel();
    expect(await readFile(join(folder, 'model.safetensors'))).toEqual(await readFile(golden('llama/model.safetensors')));
  });

  it('is cut where nothing comes any more', async () => {
    hub.stalls = true;
    const started = performance.now();
    await expect(fetchModel()).rejects.toThrow(DataError);
    expect(performance.now() - started).toBeLessThan(20_000);
  }, 30_000);

  it('never puts two versions together', async () => {
    hub.files.set('config.json', { bytes: Buffer.alloc(60_000, 1) });
    hub.cutAfter = () => 40_000;
    let changes = 0;
    hub.onGet = (name) => {
      if (name === 'config.json' && changes++ === 1) hub.files.set('config.json', { bytes: Buffer.alloc(60_000, 2) });
    };
    const folder = await fetchModel();
    expect(await readFile(join(folder, 'config.json'))).toEqual(Buffer.alloc(60_000, 2));
  });

  it('is given up where a file changes each time', async () => {
    let version = 0;
    hub.onGet = (name) => {
      if (name === 'config.json') hub.files.set('config.json', { bytes: Buffer.alloc(1000, version++) });
    };
    await expect(fetchModel()).rejects.toThrow(/expected one version of the file, got version .* three times/);
  });

  it('of other bytes than its hash says is thrown away', async () => {
    const large = hub.files.get('model.safetensors')!;
    const bytes = Uint8Array.from(large.bytes);
    const etag = hub.etagOf(large);
    hub.etagOf = (file) => (file.isLarge ? etag : FakeHub.prototype.etagOf.call(hub, file));
    bytes[1000]! ^= 1;
    large.bytes = bytes;
    await expect(fetchModel()).rejects.toThrow(`expected bytes of hash ${etag}`);
    expect(await incomplete()).toEqual([]);
    await expect(fetchModel('org/name', { HF_HUB_OFFLINE: '1' })).rejects.toThrow(DataError);
  });
});

describe('what the hub says', () => {
  it.each([404, 401, 403])('is told when it is %i', async (status) => {
    hub.status = status;
    await expect(fetchModel()).rejects.toThrow(DataError);
    await expect(fetchModel()).rejects.toThrow(/org\/name: expected a model of http:.* at main, got not today/);
  });

  it('leads nowhere outside the cache', async () => {
    hub.files.set('../../evil', { bytes: Buffer.from('x') });
    await expect(fetchModel()).rejects.toThrow(/expected the name of a file below its folder, got "\.\.\/\.\.\/evil"/);
    for (const path of ['../a', 'a/../b', '/a', 'a\\b', 'a//b', '', 'C:a', '.']) expect(() => safePath(path)).toThrow(DataError);
    expect(safePath('sub/model.gguf')).toBe(join('sub', 'model.gguf'));
  });

  it('is not believed about shards that lie elsewhere', async () => {
    hub.files.delete('model.safetensors');
    hub.files.set('model.safetensors.index.json', { bytes: Buffer.from('{"weight_map": {"a": "../../../x.safetensors"}}') });
    await expect(fetchModel()).rejects.toThrow(/expected the name of a file below its folder/);
  });
});

describe('names and places', () => {
  it.each(['org/name', 'Qwen/Qwen2.5-0.5B', 'a/b/c.gguf', 'a/b/sub/c.gguf'])('%s is a hub’s name', (name) => expect(isHubName(name)).toBe(true));
  it.each(['name', './org/name', '/org/name', 'org/name/x', '../name', 'models/make-the-number', 'a/b/../c.gguf', 'a--b/c', 'org/name/'])(
    '%s is none',
    (name) => expect(isHubName(name)).toBe(false),
  );

  it('follow the environment as Hugging Face’s tools do', () => {
    expect(hubCacheRoot({ HF_HUB_CACHE: '/a', HF_HOME: '/b' })).toBe('/a');
    expect(hubCacheRoot({ HF_HOME: '/b' })).toBe('/b/hub');
    expect(hubCacheRoot({ XDG_CACHE_HOME: '/c' })).toBe('/c/huggingface/hub');
    expect(hubCacheRoot({})).toMatch(/\.cache.huggingface.hub$/);
  });

  it('written by other tools are read', async () => {
    const snapshot = join(cache, 'models--org--name', 'snapshots', hub.commit);
    await mkdir(snapshot, { recursive: true });
    await mkdir(join(cache, 'models--org--name', 'refs'));
    await writeFile(join(cache, 'models--org--name', 'refs', 'main'), `${hub.commit}\n`);
    await writeFile(join(snapshot, 'model.safetensors'), '');
    expect(await realpath(await fetchModel('org/name', { HF_HUB_OFFLINE: 'true' }))).toBe(await realpath(snapshot));
  });
});
