import { unzipSync, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { DataError } from '../../src/base/errors.ts';
import { copyRun, filesOf, unzipRun, writeChosenRun, zipRun } from '../../src/trainer/run-archive.ts';
import { memoryStore } from '../../src/trainer/run-store-memory.ts';
import type { RunStore } from '../../src/trainer/run-store.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

async function aRun(): Promise<RunStore> {
  const store = memoryStore();
  await store.write('config.resolved.yaml', 'seed: 1\n');
  await store.write('metrics.jsonl', '{"step":1}\n');
  await store.write('checkpoints/latest', 'step_1\n');
  await store.write('checkpoints/step_1/manifest.json', '{}');
  await store.write(
    'checkpoints/step_1/model.safetensors',
    Uint8Array.from({ length: 300 }, (_, i) => i),
  );
  await store.write('checkpoints/.tmp-step_2/model.safetensors', 'half');
  await store.write('.lock', '{}');
  return store;
}

const KEPT = ['checkpoints/step_1/model.safetensors', 'checkpoints/step_1/manifest.json', 'checkpoints/latest', 'config.resolved.yaml', 'metrics.jsonl'];

async function zipped(store: RunStore): Promise<Uint8Array> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for await (const part of zipRun(store)) parts.push(part);
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

async function contentsOf(store: RunStore): Promise<Record<string, string>> {
  const files = await filesOf(store);
  return Object.fromEntries(await Promise.all(files.map(async (path) => [path, Buffer.from(await store.read(path)).toString('hex')] as const)));
}

describe('a run on its way', () => {
  it('is copied whole, manifests last, without locks and unfinished saves', async () => {
    const [from, to] = [await aRun(), memoryStore()];
    expect(await filesOf(from)).toEqual(KEPT);
    await copyRun(from, to);
    expect(await contentsOf(to)).toEqual(await contentsOf(from));
    expect(await to.size('.lock')).toBeUndefined();
  });

  it('comes out of its zip as it went in, and the same run gives the same zip', async () => {
    const [from, to] = [await aRun(), memoryStore()];
    const zip = await zipped(from);
    expect(await zipped(from)).toEqual(zip);
    expect(Object.keys(unzipSync(zip))).toEqual(KEPT);
    await unzipRun(zip, to);
    expect(await contentsOf(to)).toEqual(await contentsOf(from));
  });

  it('is found inside a folder of the zip, packed by another program', async () => {
    const to = memoryStore();
    await unzipRun(
      zipSync({ 'my-run/config.resolved.yaml': text('a: 1'), 'my-run/logs/attempt_1.log': text('x'), 'my-run/.DS_Store': text('?'), 'other.txt': text('?') }),
      to,
    );
    expect(await filesOf(to)).toEqual(['config.resolved.yaml', 'logs/attempt_1.log']);
  });

  it('is refused where its zip is torn, leads out of its folder, or holds no run', async () => {
    const zip = await zipped(await aRun());
    const to = memoryStore();
    await expect(unzipRun(zip.subarray(0, zip.length - 40), to)).rejects.toThrow(DataError);
    await expect(unzipRun(zipSync({ '../config.resolved.yaml': text('a: 1') }), to)).rejects.toThrow('leads out of it');
    await expect(unzipRun(zipSync({ 'notes.txt': text('hello') }), to)).rejects.toThrow('expected a run with its config.resolved.yaml');
    expect(await filesOf(to)).toEqual([]);
  });

  it('is taken from a folder that a person chose', async () => {
    const to = memoryStore();
    const chosen = ['run/config.resolved.yaml', 'run/metrics.jsonl'].map((path) =>
      Object.defineProperty(new File(['x'], path.split('/')[1]!), 'webkitRelativePath', { value: path }),
    );
    await writeChosenRun(chosen, to);
    expect(await filesOf(to)).toEqual(['config.resolved.yaml', 'metrics.jsonl']);
  });
});
