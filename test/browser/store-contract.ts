/** What every run store must do, told as a list of faults, so that it can be asked in any runtime. */

import { readText, type RunStore } from '../../src/trainer/run-store.ts';

export async function checkStore(store: RunStore): Promise<string[]> {
  const faults: string[] = [];
  const expectEqual = (what: string, got: unknown, expected: unknown): void => {
    if (JSON.stringify(got) !== JSON.stringify(expected))
      faults.push(`${store.place}: ${what}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`);
  };
  const failure = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => 'nothing thrown',
      (error: Error) => `${error.name} ${error.message}`,
    );

  expectEqual('size of nothing', await store.size('a/rows'), undefined);
  await store.append('a/rows', 'one\n');
  await store.append('a/rows', 'zwei ✓\n');
  expectEqual('appended', await readText(store, 'a/rows'), 'one\nzwei ✓\n');
  expectEqual('size', await store.size('a/rows'), 13);
  await store.sync('a/rows');
  await store.truncate('a/rows', 4);
  expectEqual('shortened', await readText(store, 'a/rows'), 'one\n');
  await store.append('a/rows', 'two\n');
  expectEqual('appended after', await readText(store, 'a/rows'), 'one\ntwo\n');

  await store.write('b', 'old text');
  await store.write('b', [Uint8Array.of(1, 2), Uint8Array.of(3)]);
  expectEqual('replaced', [...(await store.read('b'))], [1, 2, 3]);
  const broken = (function* () {
    yield Uint8Array.of(9);
    throw new Error('cut short');
  })();
  await failure(store.write('b', broken));
  expectEqual('kept where a write was cut short', [...(await store.read('b'))], [1, 2, 3]);
  expectEqual('reading nothing', (await failure(store.read('nothing'))).startsWith('DataError'), true);

  await store.write('c/.tmp/manifest.json', '{}');
  await store.write('c/.tmp/x/deep', 'abc');
  await store.write('c/.tmp/z', 'ab');
  expectEqual('listed', await store.list('c/.tmp'), [
    { name: 'manifest.json', kind: 'file', bytes: 2 },
    { name: 'x', kind: 'folder', bytes: 0 },
    { name: 'z', kind: 'file', bytes: 2 },
  ]);
  expectEqual('listed of nothing', await store.list('c/none'), []);
  await store.rename('c/.tmp', 'c/step_1');
  expectEqual(
    'renamed',
    (await store.list('c')).map(({ name }) => name),
    ['step_1'],
  );
  expectEqual('deep in what was renamed', await readText(store, 'c/step_1/x/deep'), 'abc');
  await store.write('c/other', '');
  expectEqual('renaming onto something', (await failure(store.rename('c/other', 'c/step_1'))).includes('expected a free path'), true);
  await store.rename('c/other', 'c/moved');
  await store.remove('c/step_1');
  await store.remove('c/never-was');
  expectEqual(
    'removed',
    (await store.list('c')).map(({ name }) => name),
    ['moved'],
  );
  expectEqual('free bytes', typeof (await store.freeBytes()), 'number');
  await store.remove('');
  return faults;
}
