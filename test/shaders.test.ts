import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { shadersModule } from '../scripts/embed-shaders.ts';
import { shaders } from '../src/gpu/shaders.generated.ts';

describe('the embedded shaders', () => {
  it('are the files as they stand (else: npm run shaders)', () => {
    const committed = readFileSync(new URL('../src/gpu/shaders.generated.ts', import.meta.url), 'utf8');
    expect(committed === shadersModule(), 'src/gpu/shaders.generated.ts is what scripts/embed-shaders.ts writes').toBe(true);
  });

  it('are bare: no comment but those that are obeyed', () => {
    const lines = Object.values(shaders).flatMap((text) => text.split('\n'));
    expect(lines.filter((line) => /\/\/(?! use \S+$| unroll)/.test(line))).toEqual([]);
    expect(lines.filter((line) => /\/\/ unroll/.test(line)).length).toBeGreaterThan(10);
  });

  it('include only what there is', () => {
    const missing = Object.entries(shaders).flatMap(([path, text]) =>
      [...text.matchAll(/^\/\/ use (\S+)/gm)].map(([, used]) => [path, used!] as const).filter(([, used]) => !(used in shaders)),
    );
    expect(missing).toEqual([]);
  });
});
