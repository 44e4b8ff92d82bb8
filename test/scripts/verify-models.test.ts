import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { verifyModels } from '../../scripts/verify/models.ts';
import { ReferenceDevice } from '../../src/gpu/reference-device.ts';

let folder: string;
let lines: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'entrain-verify-models-'));
  lines = [];
});

afterEach(() => rm(folder, { recursive: true }));

const verify = (...paths: string[]) => verifyModels(paths, new ReferenceDevice(), (line) => lines.push(line));

describe('verify models', () => {
  it('names what it cannot check, and does not pass where nothing was checked', async () => {
    await writeFile(join(folder, 'README.md'), 'about');
    expect(await verify(folder, join(folder, 'README.md'))).toBe(false);
    expect(lines).toEqual([
      `${folder}: skipped: a folder without meta.json is no fixture of a model`,
      `${join(folder, 'README.md')}: skipped: a file of this kind is not checked here`,
      expect.stringMatching(/^0 of 0 folders within tolerance/) as string,
    ]);
    await writeFile(join(folder, 'meta.json'), JSON.stringify({ kind: 'vlm' }));
    await verify(folder);
    expect(lines.at(-2)).toBe(`${folder}: skipped: a vision-language model (vlm) is not checked here`);
  });

  it('does not pass a path where nothing is', async () => {
    expect(await verify(join(folder, 'nowhere'))).toBe(false);
    expect(lines[0]).toMatch(/nowhere: not covered: .*meta\.json: expected a fixture/);
  });
});
