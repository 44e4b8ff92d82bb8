import { describe, expect, it } from 'vitest';
import { KernelError } from '../../src/base/errors.ts';
import { assembleShader, paramFields, shaderSource } from '../../src/gpu/shader.ts';

const library: Readonly<Record<string, string>> = {
  'lib/a.wgsl': '// use lib/b.wgsl\nfn a() {}\n',
  'lib/b.wgsl': 'fn b() {}\n',
  'lib/c.wgsl': 'enable subgroups;  // for c\nfn c() {}\n',
};

function assemble(main: string, constants: Readonly<Record<string, number>> = {}): string {
  return assembleShader('main.wgsl', constants, (path) => (path === 'main.wgsl' ? main : (library[path] ?? shaderSource(path))));
}

/** The program without its spaces and line ends. */
function squeeze(text: string): string {
  return text.replace(/\s+/g, '');
}

describe('includes', () => {
  it('puts a file in place of the line that uses it, once, with what it uses itself', () => {
    expect(assemble('// use lib/a.wgsl\n// use lib/b.wgsl  again\nfn main() {}\n')).toBe('fn b() {}\n\nfn a() {}\n\n\nfn main() {}\n');
  });

  it('names the file that is missing', () => {
    expect(() => assemble('// use lib/none.wgsl\n')).toThrow(
      new KernelError('shader: expected a file shaders/lib/none.wgsl, got none. Run `npm run shaders`.'),
    );
  });
});

describe('constants', () => {
  it('puts constants first, and enables before them', () => {
    expect(assemble('// use lib/c.wgsl\nfn main() {}\n', { TILE: 8, QUADS: 2 })).toBe(
      'enable subgroups;  // for c\nconst TILE: u32 = 8u;\nconst QUADS: u32 = 2u;\nfn c() {}\n\nfn main() {}\n',
    );
  });
});

describe('unrolling', () => {
  const loop = (bound: string, mark = '// unroll') => `for (var i = 0u; i < ${bound}; i++) {  ${mark}\n  sums[i] += i * inner.i2;\n}\n`;
  const once = (i: number) => `{\n  sums[${i}u] += ${i}u * inner.i2;\n}\n`;

  it('repeats a marked loop with the variable replaced, by a constant of the host, of the file, or a literal', () => {
    const expected = once(0) + once(1);
    expect(squeeze(assemble(loop('TILE'), { TILE: 2 }))).toBe(squeeze(`const TILE: u32 = 2u;${expected}`));
    expect(squeeze(assemble(`const TILE: u32 = 2;  // two\n${loop('TILE')}`))).toBe(squeeze(`const TILE: u32 = 2;  // two\n${expected}`));
    expect(squeeze(assemble(loop('2u')))).toBe(squeeze(expected));
  });

  it('leaves loops without the mark alone', () => {
    const text = loop('TILE', '// each');
    expect(assemble(text)).toBe(text);
  });

  it('repeats nested loops, braces and all', () => {
    const nested = 'for (var i = 0u; i < 2u; i++) {  // unroll\n  for (var j = 0u; j < 2u; j++) {  // unroll\n    if (a) { f(i, j); }\n  }\n}\n';
    const inner = (i: number) => `{${[0, 1].map((j) => `{if (a) { f(${i}u, ${j}u); }}`).join('')}}`;
    expect(squeeze(assemble(nested))).toBe(squeeze(inner(0) + inner(1)));
  });

  it('keeps a loop longer than the limit it states', () => {
    const short = squeeze(assemble(loop('3u', '// unroll up to 3')));
    expect(short).toBe(squeeze(once(0) + once(1) + once(2)));
    const long = squeeze(assemble(loop('4u', '// unroll up to 3')));
    expect(long).toBe(squeeze('for (var i = 0u; i < 4u; i++) { sums[i] += i * inner.i2; }'));
  });

  it('refuses a bound that is no constant, and a loop without an end', () => {
    expect(() => assemble(loop('count'))).toThrow('shader main.wgsl: expected a constant bound to unroll, got count.');
    expect(() => assemble('for (var i = 0u; i < 2u; i++) {  // unroll\n')).toThrow('shader main.wgsl: expected a closing brace');
  });
});

describe('paramFields', () => {
  it('reads names and types in order, past comments', () => {
    expect(paramFields('struct Params {\n  rows: u32,  // N, of [N, V]\n  scale: f32,\n  shift: i32,\n}', 'x.wgsl')).toEqual([
      { name: 'rows', type: 'u32' },
      { name: 'scale', type: 'f32' },
      { name: 'shift', type: 'i32' },
    ]);
  });

  it('refuses fields that a uniform of 4-byte words cannot hold, and a file without Params', () => {
    expect(() => paramFields('struct Params {\n  corner: vec2u,\n}', 'x.wgsl')).toThrow(
      'shader x.wgsl: expected Params of u32, i32 and f32 fields, got "corner: vec2u".',
    );
    expect(() => paramFields('struct Other { a: u32, }', 'x.wgsl')).toThrow('shader x.wgsl: expected a struct Params, got none.');
  });
});
