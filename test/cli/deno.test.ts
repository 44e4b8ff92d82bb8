import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refusedPermission } from '../../src/cli/refused-permission.ts';
import { entrainUnderDeno, findDeno, taskPermissions } from '../browser/processes.ts';

const deno = findDeno();
if (deno === undefined) console.log('not run: permissions under Deno (no deno on the path; set ENTRAIN_DENO)');

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'entrain-deno-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a refused permission', () => {
  it('is told with the flag that gives it, however deep it lies', () => {
    const refused = new Error('Requires ffi access to "/x/dawn.node", run again with the --allow-ffi flag');
    const message =
      'permission: expected ffi access to "/x/dawn.node", got refused by Deno. Give --allow-ffi (deno.json lists what each task is given), or use `deno task`.';
    expect(refusedPermission(new Error('adapter: …', { cause: refused }))).toBe(message);
    expect(refusedPermission(new Error('something else'))).toBeUndefined();
    expect(refusedPermission('no error')).toBeUndefined();
  });
});

describe.skipIf(deno === undefined)('Deno without a permission', () => {
  const words = (dir = folder) => ['train', 'examples/recipes/make-the-number.yaml', 'steps=1', `run.dir=${dir}`, '--adapter', 'swiftshader', '--quiet'];

  it.each(['--allow-read', '--allow-env', '--allow-ffi', '--allow-sys'])('%s: says which, in one sentence, and ends', { timeout: 60_000 }, async (missing) => {
    const { code, output } = await entrainUnderDeno(
      deno!,
      words(),
      folder,
      taskPermissions().filter((flag) => !flag.startsWith(missing)),
    );
    expect([code, output.trim().split('\n').length], output).toEqual([1, 1]);
    expect(output).toMatch(/^permission: expected \w+ access.*, got refused by Deno\. Give --allow-\w+ /);
    expect(output).toContain(`Give ${missing} `);
  });

  it('to write there: names the folder before anything is trained', { timeout: 60_000 }, async () => {
    const { code, output } = await entrainUnderDeno(deno!, words(join(folder, 'refused')), '/nowhere');
    expect(code, output).not.toBe(0);
    expect(output).toContain('--allow-write');
    expect(output).toContain(folder);
    expect(readdirSync(folder)).not.toContain('refused');
  });
});
