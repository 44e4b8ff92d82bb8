import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../', import.meta.url));
const adapter = process.env['ENTRAIN_TEST_ADAPTER'] ?? 'auto';

it('the README’s library example runs as it is written, but for two shorter steps', () => {
  const [, example = ''] = /```ts\n(import [\s\S]*?)```/.exec(readFileSync(join(root, 'README.md'), 'utf8')) ?? [];
  expect(example).toContain("from 'entrain/node'");
  expect(example.trim().split('\n').length).toBeLessThanOrEqual(20);

  const folder = mkdtempSync(join(tmpdir(), 'entrain-readme-'));
  const file = join(folder, 'example.mts');
  const shorter = [
    'steps=2',
    'optim.warmup_steps=1',
    'batch.prompts=4',
    'batch.update_prompts=2',
    'rollout.n=4',
    'eval.every=2',
    'eval.limit=4',
    `adapter=${adapter}`,
  ];
  const text = example
    .replaceAll("'entrain/node'", JSON.stringify(pathToFileURL(join(root, 'src/node.ts')).href))
    .replace(/overrides: \[([^\]]*)\]/, (_, own: string) => `overrides: [${own}, ${shorter.map((override) => JSON.stringify(override)).join(', ')}]`);
  writeFileSync(file, text);
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', join(root, 'node_modules/tsx/dist/loader.mjs'), file], {
    cwd: root,
    encoding: 'utf8',
    timeout: 100_000,
  });
  rmSync(folder, { recursive: true, force: true });

  expect(`${status} ${stderr.replaceAll(/^Warning: .*\n/gm, '')}`).toBe('0 ');
  expect(stdout).toMatch(/^1 \S+ \S+$/m);
  expect(stdout).toMatch(/^2 \S+ \S+$/m);
  expect(stdout).not.toMatch(/NaN|undefined/);
});
