import { describe, expect, it } from 'vitest';
import { KernelError } from '../../src/base/errors.ts';
import { ReferenceDevice } from '../../src/gpu/reference-device.ts';
import { attentionBackward, attentionForward } from '../../src/kernels/attention.ts';
import { rmsNormForward } from '../../src/kernels/rms-norm.ts';
import { gatherRows, rowsOf } from '../../src/kernels/rows.ts';

const device = new ReferenceDevice();
const floats = (...shape: number[]) => device.create('f32', shape, 'test/floats');
const words = (...shape: number[]) => device.create('u32', shape, 'test/words');

describe('kernels refuse', () => {
  it('tensors too short for their rows, with both numbers', () => {
    const picked = { from: rowsOf(floats(9, 4), 4), rows: words(5), count: 5, width: 4 };
    expect(() => gatherRows(device, { ...picked, out: rowsOf(floats(5, 4), 4, 1) })).toThrow(
      new KernelError('gather-rows out: expected at least 21 elements, got 20 ([5, 4], test/floats).'),
    );
    expect(() => gatherRows(device, { ...picked, rows: words(4), out: rowsOf(floats(5, 4), 4) })).toThrow(
      'gather-rows rows: expected at least 5 elements, got 4',
    );
    const norm = { x: rowsOf(floats(2, 6), 6), weight: floats(3), out: rowsOf(floats(2, 6), 6), count: 2, heads: 2, width: 3, eps: 1e-6 };
    expect(() => rmsNormForward(device, { ...norm, inverseRms: floats(3) })).toThrow('rms-norm-forward inverseRms: expected at least 4 elements, got 3');
  });

  it('attention whose key heads do not divide its heads, or whose gradient is not packed', () => {
    const [heads, kvHeads, headWidth] = [4, 2, 2];
    const row = 16;
    const packed = floats(3, row);
    const shape = { count: 3, heads, kvHeads, headWidth, window: 0, scale: 1 };
    const views = {
      queries: rowsOf(packed, row),
      keys: rowsOf(packed, row, 8),
      values: rowsOf(packed, row, 12),
      out: rowsOf(floats(3, 8), 8),
      lse: floats(3, 4),
      ranges: words(3, 4),
    };
    expect(() => attentionForward(device, { ...views, ...shape, kvHeads: 3 })).toThrow('attention: expected kvHeads to divide heads, got 3 and 4.');
    const dPacked = floats(3, row);
    const gradients = {
      dOut: rowsOf(floats(3, 8), 8),
      seenUntil: words(3),
      delta: floats(3, 4),
      dQueries: rowsOf(dPacked, row),
      dKeys: rowsOf(dPacked, row, 8),
      dValues: rowsOf(dPacked, row, 12),
    };
    expect(() => attentionBackward(device, { ...views, ...gradients, ...shape, keys: rowsOf(floats(3, row), row) })).toThrow(
      'expected queries, keys and values to be slices of one packed tensor',
    );
    expect(() => attentionBackward(device, { ...views, ...gradients, ...shape, dValues: rowsOf(dPacked, row + 1) })).toThrow(
      'expected dQueries, dKeys and dValues to be slices of one packed tensor',
    );
  });
});
