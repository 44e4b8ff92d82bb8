import { describe, it } from 'vitest';
import { type Device, tensorOf } from '../../src/gpu/device.ts';
import type { Tensor } from '../../src/gpu/tensor.ts';
import { attentionBackward, attentionForward } from '../../src/kernels/attention.ts';
import { columnSum, columnSumScratch } from '../../src/kernels/column-sum.ts';
import { geluBackward, geluForward } from '../../src/kernels/gelu.ts';
import { layerNormBackward, layerNormForward, layerNormWeightBackward } from '../../src/kernels/layer-norm.ts';
import { normScratch, rmsNormBackward, rmsNormForward, rmsNormWeightBackward } from '../../src/kernels/rms-norm.ts';
import { rope, ropeTable } from '../../src/kernels/rope.ts';
import { gatherRows, rowsOf, scatterRows, segmentSum } from '../../src/kernels/rows.ts';
import { swigluBackward, swigluForward } from '../../src/kernels/swiglu.ts';
import { expectGradients } from './finite-differences.ts';
import { packedGroups } from './packed-groups.ts';

const like = (device: Device, tensor: Tensor, label: string): Tensor => device.create('f32', tensor.shape, label);

describe('gradients agree with finite differences', () => {
  it.each([
    { count: 3, heads: 1, width: 5 },
    { count: 2, heads: 3, width: 4 },
    { count: 70, heads: 1, width: 2 },
  ])('rms-norm, $count rows of $heads × $width', async ({ count, heads, width }) => {
    const shape = { count, heads, width };
    const row = heads * width;
    let inverseRms: Tensor;
    await expectGradients({
      inputs: { x: [count, row], weight: [width] },
      forward(device, { x, weight }) {
        const out = like(device, x, 'out');
        inverseRms = device.create('f32', [count, heads], 'inverseRms');
        rmsNormForward(device, { x: rowsOf(x, row), weight, out: rowsOf(out, row), inverseRms, ...shape, eps: 1e-3 });
        return out;
      },
      backward(device, { x, weight }, dOut) {
        const shared = { x: rowsOf(x, row), inverseRms, dOut: rowsOf(dOut, row), ...shape };
        const dX = like(device, x, 'dX');
        const dWeight = like(device, weight, 'dWeight');
        rmsNormBackward(device, { ...shared, weight, dX: rowsOf(dX, row), accumulate: true });
        rmsNormWeightBackward(device, { ...shared, dWeight, scratch: device.create('f32', [normScratch(count, width, heads)], 'scratch') });
        return { x: dX, weight: dWeight };
      },
    });
  });

  it.each([
    { count: 3, width: 5 },
    { count: 70, width: 3 },
  ])('layer-norm, $count rows of $width', async ({ count, width }) => {
    let statistics: Tensor;
    await expectGradients({
      inputs: { x: [count, width], weight: [width], bias: [width] },
      forward(device, { x, weight, bias }) {
        const out = like(device, x, 'out');
        statistics = device.create('f32', [count, 2], 'statistics');
        layerNormForward(device, { x: rowsOf(x, width), weight, bias, out: rowsOf(out, width), statistics, count, width, eps: 1e-3 });
        return out;
      },
      backward(device, { x, weight, bias }, dOut) {
        const shared = { x: rowsOf(x, width), statistics, dOut: rowsOf(dOut, width), count, width };
        const [dX, dWeight, dBias] = [like(device, x, 'dX'), like(device, weight, 'dWeight'), like(device, bias, 'dBias')];
        const scratch = device.create('f32', [normScratch(count, width)], 'scratch');
        layerNormBackward(device, { ...shared, weight, dX: rowsOf(dX, width), accumulate: true });
        layerNormWeightBackward(device, { ...shared, dWeight, scratch });
        columnSum(device, { from: rowsOf(dOut, width), out: dBias, scratch, count, width });
        return { x: dX, weight: dWeight, bias: dBias };
      },
    });
  });

  it('gelu', async () => {
    const [count, width] = [4, 3];
    await expectGradients({
      inputs: { x: [count, width] },
      forward(device, { x }) {
        const out = like(device, x, 'out');
        geluForward(device, { x: rowsOf(x, width), out: rowsOf(out, width), count, width });
        return out;
      },
      backward(device, { x }, dOut) {
        const dX = like(device, x, 'dX');
        geluBackward(device, { x: rowsOf(x, width), dOut: rowsOf(dOut, width), dX: rowsOf(dX, width), count, width });
        return { x: dX };
      },
    });
  });

  it('rope, whose gradient is its inverse', async () => {
    const [count, heads, headWidth] = [5, 2, 6];
    const turn = (device: Device, from: Tensor, inverse: boolean): Tensor => {
      const x = like(device, from, 'x');
      device.copy(from, x);
      const positions = tensorOf(device, 'u32', [count], [0, 1, 2, 7, 90], 'positions');
      const table = tensorOf(device, 'f32', [100, headWidth], ropeTable({ headWidth, theta: 100, positions: 100, scaling: null }), 'table');
      rope(device, { x: rowsOf(x, heads * headWidth), heads, headWidth, positions, table, count, inverse });
      return x;
    };
    // The table is rounded to f32, so a rotation back is the gradient only to 1e-7.
    await expectGradients(
      {
        inputs: { x: [count, heads * headWidth] },
        forward: (device, { x }) => turn(device, x, false),
        backward: (device, _, dOut) => ({ x: turn(device, dOut, true) }),
      },
      1e-7,
    );
  });

  it('swiglu', async () => {
    const [count, width] = [4, 3];
    await expectGradients({
      inputs: { gateUp: [count, 2 * width] },
      forward(device, { gateUp }) {
        const out = device.create('f32', [count, width], 'out');
        swigluForward(device, { gateUp: rowsOf(gateUp, 2 * width), out: rowsOf(out, width), count, width });
        return out;
      },
      backward(device, { gateUp }, dOut) {
        const dGateUp = like(device, gateUp, 'dGateUp');
        swigluBackward(device, { gateUp: rowsOf(gateUp, 2 * width), dOut: rowsOf(dOut, width), dGateUp: rowsOf(dGateUp, 2 * width), count, width });
        return { gateUp: dGateUp };
      },
    });
  });

  it('rows picked, summed back by segment', async () => {
    const width = 3;
    const picked = [4, 0, 2, 4, 4, 2];
    await expectGradients({
      inputs: { table: [5, width] },
      forward(device, { table }) {
        const out = device.create('f32', [picked.length, width], 'out');
        gatherRows(device, {
          from: rowsOf(table, width),
          rows: tensorOf(device, 'u32', [picked.length], picked, 'rows'),
          out: rowsOf(out, width),
          count: picked.length,
          width,
        });
        return out;
      },
      backward(device, { table }, dOut) {
        const dTable = like(device, table, 'dTable');
        const order = tensorOf(device, 'u32', [6], [1, 2, 5, 0, 3, 4], 'order');
        const starts = tensorOf(device, 'u32', [4], [0, 1, 3, 6], 'starts');
        const targets = tensorOf(device, 'u32', [3], [0, 2, 4], 'targets');
        segmentSum(device, { from: rowsOf(dOut, width), order, starts, targets, out: rowsOf(dTable, width), segments: 3, width });
        return { table: dTable };
      },
    });
  });

  it('rows placed, picked back; and a bias, summed over rows', async () => {
    const [count, width] = [3, 2];
    const places = [5, 1, 2];
    await expectGradients({
      inputs: { from: [count, width], bias: [width] },
      forward(device, { from, bias }) {
        const ones = tensorOf(device, 'u32', [count], new Array(count).fill(0), 'zeros');
        const out = device.create('f32', [6 + count, width], 'out');
        scatterRows(device, { from: rowsOf(from, width), rows: tensorOf(device, 'u32', [count], places, 'places'), out: rowsOf(out, width), count, width });
        gatherRows(device, { from: rowsOf(bias, width), rows: ones, out: rowsOf(out, width, 6 * width), count, width });
        return out;
      },
      backward(device, { from, bias }, dOut) {
        const dFrom = like(device, from, 'dFrom');
        const dBias = like(device, bias, 'dBias');
        gatherRows(device, { from: rowsOf(dOut, width), rows: tensorOf(device, 'u32', [count], places, 'places'), out: rowsOf(dFrom, width), count, width });
        columnSum(device, {
          from: rowsOf(dOut, width, 6 * width),
          out: dBias,
          scratch: device.create('f32', [columnSumScratch(count, width)], 'scratch'),
          count,
          width,
        });
        return { from: dFrom, bias: dBias };
      },
    });
  });

  it.each([
    { title: 'one sequence', groups: [[5]], heads: 2, kvHeads: 2, window: 0 },
    {
      title: 'completions that share a prompt',
      groups: [
        [3, 2, 4],
        [2, 1, 2],
      ],
      heads: 1,
      kvHeads: 1,
      window: 0,
    },
    { title: 'heads that share keys', groups: [[4, 2]], heads: 6, kvHeads: 2, window: 0 },
    { title: 'a window that ends in the prompt', groups: [[5, 3, 2]], heads: 2, kvHeads: 1, window: 3 },
  ])('attention: $title', async ({ groups, heads, kvHeads, window }) => {
    const headWidth = 3;
    const { count, ...rows } = packedGroups(groups);
    const [query, key] = [heads * headWidth, kvHeads * headWidth];
    const row = query + 2 * key;
    const shape = { count, heads, kvHeads, headWidth, window, scale: 0.7 };
    const slices = (packed: Tensor) => [rowsOf(packed, row), rowsOf(packed, row, query), rowsOf(packed, row, query + key)] as const;
    const left = new Map<string, Tensor>();
    await expectGradients({
      inputs: { packed: [count, row] },
      forward(device, { packed }) {
        const [queries, keys, values] = slices(packed);
        const out = device.create('f32', [count, query], 'out');
        const lse = device.create('f32', [count, heads], 'lse');
        const ranges = tensorOf(device, 'u32', [count, 4], rows.ranges, 'ranges');
        attentionForward(device, { queries, keys, values, out: rowsOf(out, query), lse, ranges, ...shape });
        if (left.size === 0) left.set('out', out).set('lse', lse).set('ranges', ranges);
        return out;
      },
      backward(device, { packed }, dOut) {
        const [queries, keys, values] = slices(packed);
        const dPacked = like(device, packed, 'dPacked');
        const [dQueries, dKeys, dValues] = slices(dPacked);
        attentionBackward(device, {
          ...{ queries, keys, values, dQueries, dKeys, dValues },
          out: rowsOf(left.get('out')!, query),
          dOut: rowsOf(dOut, query),
          lse: left.get('lse')!,
          ranges: left.get('ranges')!,
          seenUntil: tensorOf(device, 'u32', [count], rows.seenUntil, 'seenUntil'),
          delta: device.create('f32', [count, heads], 'delta'),
          ...shape,
        });
        return { packed: dPacked };
      },
    });
  });
});
