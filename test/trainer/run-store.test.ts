import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DataError } from '../../src/base/errors.ts';
import { memoryStore } from '../../src/trainer/run-store-memory.ts';
import { nodeStore } from '../../src/trainer/run-store-node.ts';
import { readText, type RunStore } from '../../src/trainer/run-store.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'store-'));
});
afterAll(() => rm(folder, { recursive: true }));

const stores: readonly [string, () => RunStore][] = [
  ['in memory', () => memoryStore()],
  ['on disk', () => nodeStore(join(folder, 'run'))],
];

describe.each(stores)('a store %s', (_, open) => {
  it('appends, writes as a whole, reads, measures and shortens', async () => {
    const store = open();
    expect(await store.size('a/rows')).toBeUndefined();
    expect(await readText(store, 'a/rows')).toBeUndefined();
    await store.append('a/rows', 'one\n');
    await store.append('a/rows', 'zwei ✓\n');
    expect(await readText(store, 'a/rows')).toBe('one\nzwei ✓\n');
    expect(await store.size('a/rows')).toBe(13);
    await store.sync('a/rows');
    await store.truncate('a/rows', 4);
    expect(await readText(store, 'a/rows')).toBe('one\n');

    await store.write('b', 'old text');
    await store.write('b', [Uint8Array.of(1, 2), Uint8Array.of(3)]);
    expect([...(await store.read('b'))]).toEqual([1, 2, 3]);
    await expect(store.read('nothing')).rejects.toThrow(DataError);
  });

  it('lists by name, renames folders to free paths, removes with all below', async () => {
    const store = open();
    await store.write('c/.tmp/x/deep', 'abc');
    await store.write('c/.tmp/a', 'ab');
    expect(await store.list('c/.tmp')).toEqual([
      { name: 'a', kind: 'file', bytes: 2 },
      { name: 'x', kind: 'folder', bytes: 0 },
    ]);
    expect(await store.list('c/none')).toEqual([]);
    await store.rename('c/.tmp', 'c/step_1');
    expect((await store.list('c')).map(({ name }) => name)).toEqual(['step_1']);
    expect(await readText(store, 'c/step_1/x/deep')).toBe('abc');
    await store.write('c/other', '');
    await expect(store.rename('c/other', 'c/step_1')).rejects.toThrow('expected a free path');
    await store.remove('c/step_1');
    await store.remove('c/never-was');
    expect((await store.list('c')).map(({ name }) => name)).toEqual(['other']);
  });
});

describe('a store on disk', () => {
  it('leaves the old file and no rest when a write fails half-way', async () => {
    const store = nodeStore(join(folder, 'half'));
    await store.write('weights', 'whole');
    const parts = async function* () {
      yield new Uint8Array(1000);
      throw new DataError('the device is gone');
    };
    await expect(store.write('weights', parts())).rejects.toThrow('the device is gone');
    expect(await readText(store, 'weights')).toBe('whole');
    expect(await readdir(join(folder, 'half'))).toEqual(['weights']);
  });

  it('says that the disk is full, and what to do', async () => {
    if (!existsSync('/dev/full')) return console.log('not run: a full disk (this system has no /dev/full)');
    await expect(nodeStore('/dev').append('full', 'row\n')).rejects.toThrow(
      /\/dev\/full: expected to append it, got a full disk\. Everything written before is intact/,
    );
  });

  it('says why a folder cannot be made', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(nodeStore(join(folder, 'file/run')).append('x', 'y')).rejects.toThrow(DataError);
    expect(await nodeStore(join(folder, 'none')).freeBytes()).toBeUndefined();
    expect(await nodeStore(folder).freeBytes()).toBeGreaterThan(0);
  });
});
