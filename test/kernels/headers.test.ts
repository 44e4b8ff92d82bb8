import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Bindings } from '../../src/gpu/kernel.ts';
import { paramFields } from '../../src/gpu/shader.ts';
import { shaders } from '../../src/gpu/shaders.generated.ts';
import { kernels } from '../../src/kernels/index.ts';
import { cases } from './cases/index.ts';
import { declarationsOf, readHeader } from './shader-header.ts';

const REQUIRED = ['Shapes', 'Bindings', 'Dispatch', 'Numerics', 'Oracle'];

const spaces: Readonly<Record<string, string>> = { read: 'storage, read', write: 'storage, read_write', update: 'storage, read_write', uniform: 'uniform' };

describe('every kernel', () => {
  it('has a name of its own', () => {
    const names = kernels.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  it('has its shader, and every shader but those that probe an adapter its kernel', () => {
    const files = Object.keys(shaders).filter((path) => !path.startsWith('lib/') && !path.startsWith('probe/'));
    expect(files.toSorted()).toEqual([...new Set(kernels.map(({ shader }) => shader))].toSorted());
  });
});

describe.each(kernels.map(({ name, shader, bindings, tolerance }) => ({ name, shader, bindings: bindings as Bindings, tolerance })))(
  'the header of $name',
  ({ name, shader, bindings, tolerance }) => {
    const header = readHeader(readFileSync(new URL(`../../shaders/${shader}`, import.meta.url), 'utf8'));
    const its = cases.filter(({ kernel }) => kernel.name === name);
    const { program = '' } = its[0] ?? {};

    it('has cases', () => {
      expect(its.length).toBeGreaterThan(0);
    });

    it('is named after the kernel and its file', () => {
      expect(basename(shader, '.wgsl')).toBe(name);
      expect(header.name).toBe(name);
      expect(header.sentence).not.toBe('');
    });

    it('has its sections in order', () => {
      expect([...header.sections.keys()].filter((section) => REQUIRED.includes(section))).toEqual(REQUIRED);
    });

    it('lists the bindings that the shader declares and the host binds', () => {
      const declared = declarationsOf(program);
      expect(header.bindings.map((binding) => [binding.index, binding.name, spaces[binding.access], binding.type ?? 'Params'])).toEqual(
        declared.map((binding) => [binding.index, binding.name, binding.space, binding.type]),
      );
      const host = Object.entries(bindings).map(([binding, { access, type }], index) => ({ index, name: binding, access, type }));
      expect(header.bindings).toEqual([...host, { index: host.length, name: 'params', access: 'uniform', type: undefined }]);
    });

    it('says where its oracle is', () => {
      const [, exported = '', ofKernel, path = ''] =
        /^(\w+)(\.reference)? in (src\/kernels\/[\w-]+\.ts)(?:$|[,;:])/.exec(header.sections.get('Oracle')?.join(' ') ?? '') ?? [];
      expect(exported).not.toBe('');
      const text = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
      const declaration = ofKernel ? `const ${exported} = defineKernel\\((?:(?!^\\}).)*?name: '${name}'` : `function ${exported}[<(]`;
      expect(new RegExp(`^export ${declaration}`, 'ms').test(text), `${path} defines ${exported}${ofKernel ? ` with the name ${name}` : ''}`).toBe(true);
    });

    it('has a tolerance for every output', () => {
      const outputs = Object.keys(bindings).filter((binding) => bindings[binding]?.access !== 'read');
      expect(Object.keys(tolerance).toSorted()).toEqual(outputs.toSorted());
    });

    it('gets a value for every parameter', () => {
      const fields = paramFields(program, shader).map((field) => field.name);
      for (const { params } of its) expect(params).toEqual(expect.arrayContaining(fields));
    });
  },
);
