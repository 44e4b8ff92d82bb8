import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GpuDevice } from '../../src/gpu/gpu-device.ts';
import { kernels } from '../../src/kernels/index.ts';
import { openTestDevice } from '../device.ts';
import { cases } from './cases/index.ts';
import { type Conformance, conformanceCount, conformanceLine, conformanceOf, foldLimit } from './conform.ts';

const found: Conformance[] = [];
let own: GpuDevice;
let portable: GpuDevice;

beforeAll(async () => {
  own = await openTestDevice({ foldLimit });
  portable = await openTestDevice({ foldLimit, tier: 'portable' });
});

afterAll(() => {
  console.log([`kernels on ${own.name}, against float64: ${conformanceCount(found)}`, ...found.map(conformanceLine)].join('\n'));
  own.close();
  portable.close();
});

describe('every kernel agrees with its reference', () => {
  for (const { name } of kernels) {
    const its = cases.filter(({ kernel }) => kernel.name === name);
    it(name, { timeout: 600_000 }, async () => {
      const conformance = await conformanceOf(name, its, { own, portable });
      found.push(conformance);
      expect(conformance.faults).toEqual([]);
    });
  }

  it('has cases only for kernels in the list', () => {
    const known = new Set<string>(kernels.map(({ name }) => name));
    expect(cases.map(({ kernel }) => kernel.name).filter((name) => !known.has(name))).toEqual([]);
  });
});
