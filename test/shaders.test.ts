import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { shadersModule } from '../scripts/embed-shaders.ts';
import { shaders } from '../src/gpu/shaders.generated.ts';
import { kernels } from '../src/kernels/index.ts';

describe('the embedded shaders', () => {
  it('are the files as they stand (else: npm run shaders)', () => {
    const committed = readFileSync(new URL('../src/gpu/shaders.generated.ts', import.meta.url), 'utf8');
    expect(committed === shadersModule(), 'src/gpu/shaders.generated.ts is what scripts/embed-shaders.ts writes').toBe(true);
  });

  it('all belong to a kernel of the list, or are included by one', () => {
    const used = new Set<string>();
    const use = (path: string): void => {
      if (used.has(path)) return;
      used.add(path);
      for (const [, included] of (shaders[path] ?? '').matchAll(/^\/\/ use (\S+)/gm)) use(included!);
    };
    for (const { shader } of kernels) use(shader);
    expect(Object.keys(shaders).filter((path) => !used.has(path) && !path.startsWith('probe/'))).toEqual([]);
  });

  it('include only what there is', () => {
    const missing = Object.entries(shaders).flatMap(([path, text]) =>
      [...text.matchAll(/^\/\/ use (\S+)/gm)].map(([, used]) => [path, used!] as const).filter(([, used]) => !(used in shaders)),
    );
    expect(missing).toEqual([]);
  });
});
