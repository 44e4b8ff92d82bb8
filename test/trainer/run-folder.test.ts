import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RecipeError } from '../../src/base/errors.ts';
import { openRunFolder, type RunFolderRequest } from '../../src/trainer/run-folder-node.ts';

let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'runs-'));
});
afterAll(() => rm(dir, { recursive: true }));

const request = (name: string, changes: Partial<RunFolderRequest> = {}): RunFolderRequest => ({
  dir,
  project: 'p',
  name,
  fresh: false,
  recipeText: 'seed: 1\n',
  resolvedText: 'seed: 1\nsteps: 2\n',
  environment: { version: '0' },
  checkResume() {},
  ...changes,
});

describe('a run folder', () => {
  it('holds what describes the run, and counts attempts', async () => {
    const first = await openRunFolder(request('a'));
    expect(first.path).toBe(join(dir, 'p', 'a'));
    expect(await readFile(join(first.path, 'recipe.yaml'), 'utf8')).toBe('seed: 1\n');
    expect(JSON.parse(await readFile(join(first.path, 'env.json'), 'utf8'))).toEqual({ attempt: 1, version: '0' });
    await first.release();
    const second = await openRunFolder(request('a'));
    expect([first.attempt, second.attempt]).toEqual([1, 2]);
    await second.release();
  });

  it('compares recipes only where there is a checkpoint to go on from', async () => {
    const first = await openRunFolder(request('b'));
    await first.release();
    const seen: string[] = [];
    const checkResume = (text: string) => void seen.push(text);
    await (await openRunFolder(request('b', { checkResume }))).release();
    expect(seen).toEqual([]);
    await first.store.write('checkpoints/latest', 'step_1\n');
    await (await openRunFolder(request('b', { checkResume }))).release();
    expect(seen).toEqual(['seed: 1\nsteps: 2\n']);
    const refuse = () => {
      throw new RecipeError('differs');
    };
    await expect(openRunFolder(request('b', { checkResume: refuse, resolvedText: 'new' }))).rejects.toThrow('differs');
    expect(await readFile(join(first.path, 'config.resolved.yaml'), 'utf8')).toBe('seed: 1\nsteps: 2\n');
    await (await openRunFolder(request('b'))).release();
  });

  it('keeps an earlier run aside when a fresh one is asked for', async () => {
    await (await openRunFolder(request('c', { fresh: true }))).release();
    const second = await openRunFolder(request('c', { fresh: true }));
    await second.release();
    const third = await openRunFolder(request('c', { fresh: true }));
    await third.release();
    expect([second.movedTo, third.movedTo]).toEqual([join(dir, 'p', 'c.1'), join(dir, 'p', 'c.2')]);
    expect(third.attempt).toBe(1);
    expect(await readFile(join(dir, 'p', 'c.1', 'recipe.yaml'), 'utf8')).toBe('seed: 1\n');
  });

  it('is refused to a second process while one trains in it, and taken over from a dead one', async () => {
    const first = await openRunFolder(request('d'));
    const lock = join(first.path, '.lock');
    await writeFile(lock, JSON.stringify({ pid: process.ppid, host: hostname(), began: null }));
    await expect(openRunFolder(request('d'))).rejects.toThrow(`process ${process.ppid} on ${hostname()} trains in`);
    await expect(openRunFolder(request('d', { fresh: true }))).rejects.toThrow('trains in');
    await writeFile(lock, JSON.stringify({ pid: 2 ** 22 + 1, host: hostname(), began: null }));
    await (await openRunFolder(request('d'))).release();
  });

  it('that cannot be written is one clear error before anything starts', async () => {
    await writeFile(join(dir, 'file'), '');
    const attempt = openRunFolder(request('e', { dir: join(dir, 'file') }));
    await expect(attempt).rejects.toMatchObject({ exitCode: 2, issues: [{ path: 'run.dir' }] });
    await expect(attempt).rejects.toThrow('expected a folder that can be written');
  });
});
