import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

function entrain(words: readonly string[], before: readonly string[] = []) {
  return spawnSync(process.execPath, [...before, '--import', 'tsx', main, ...words], { encoding: 'utf8' });
}

describe('the command itself', () => {
  it('is refused by an old Node in one sentence, before anything else is loaded', () => {
    expect(readFileSync(main, 'utf8')).not.toMatch(/^import /m);
    const older = 'data:text/javascript,Object.defineProperty(process.versions, "node", { value: "18.19.0" })';
    const { status, stderr } = entrain(['train'], ['--import', older]);
    expect([status, stderr]).toEqual([2, 'entrain: expected Node 20.19 or later, got 18.19.0. Install a current Node from https://nodejs.org.\n']);
  });

  it('ends with the code of what it did', () => {
    expect(entrain(['--version'])).toMatchObject({ status: 0, stderr: '' });
    expect(entrain(['train', 'optim.lr=fast'])).toMatchObject({ status: 2, stdout: '', stderr: 'command line optim.lr: expected a number ≥ 0, got "fast".\n' });
  });
});
