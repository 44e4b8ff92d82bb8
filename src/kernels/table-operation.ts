/** One operation of a formula over tables: a formula that a person wrote is a list of these, so that nothing of theirs is ever run as code. */

import type { Device } from '../gpu/device.ts';
import { defineKernel, read, write } from '../gpu/kernel.ts';
import type { Tensor } from '../gpu/tensor.ts';
import type { TableView } from './stages.ts';

/** The operations by number, on up to three operands. They are total: every operand gives a finite number. */
export const TABLE_OPERATIONS = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  /** 0 where b is 0. */
  divide: (a, b) => (b === 0 ? 0 : a / b),
  lesser: (a, b) => Math.min(a, b),
  greater: (a, b) => Math.max(a, b),
  /** a held in [b, c]; c where they cross. */
  clamp: (a, b, c) => Math.min(Math.max(a, b), c),
  exponential: (a) => Math.exp(Math.min(a, 60)),
  logarithm: (a) => Math.log(Math.max(a, 1e-30)),
  absolute: (a) => Math.abs(a),
  /** b where a > 0, else c. */
  choose: (a, b, c) => (a > 0 ? b : c),
} as const satisfies Readonly<Record<string, (a: number, b: number, c: number) => number>>;

/** The name of an operation on tables. */
export type TableOperation = keyof typeof TABLE_OPERATIONS;

/** Results are held within ± this. */
export const LARGEST_RESULT = 1e30;

const NAMES = Object.keys(TABLE_OPERATIONS) as readonly TableOperation[];

/** The operation on single numbers. */
export function applyOperation(operation: TableOperation, a: number, b = 0, c = 0): number {
  return Math.min(Math.max(TABLE_OPERATIONS[operation](a, b, c), -LARGEST_RESULT), LARGEST_RESULT);
}

interface ViewPlaces {
  readonly operation: TableOperation;
  readonly a: Omit<TableView, 'tensor'>;
  readonly b: Omit<TableView, 'tensor'>;
  readonly c: Omit<TableView, 'tensor'>;
}

/** out[b, t] = operation(a, b, c) at the places of the views. */
export const tableOperationKernel = defineKernel({
  name: 'table-operation',
  shader: 'stage/table-operation.wgsl',
  bindings: { a: read('f32'), b: read('f32'), c: read('f32'), out: write('f32', 'B', 'T') },
  params: ({ B, T }, { operation, a, b, c }: ViewPlaces) => ({
    B: B!,
    T: T!,
    operation: NAMES.indexOf(operation),
    aOffset: a.offset,
    aRow: a.row,
    aColumn: a.column,
    bOffset: b.offset,
    bRow: b.row,
    bColumn: b.column,
    cOffset: c.offset,
    cRow: c.row,
    cColumn: c.column,
  }),
  threads: ({ B, T }) => B! * T!,
  reference({ a, b, c, out }, { B, T }, places) {
    const at = (view: ViewPlaces['a'], row: number, token: number): number => view.offset + row * view.row + token * view.column;
    for (let row = 0; row < B!; row++) {
      for (let token = 0; token < T!; token++) {
        out[row * T! + token] = applyOperation(places.operation, a[at(places.a, row, token)]!, b[at(places.b, row, token)], c[at(places.c, row, token)]);
      }
    }
  },
  tolerance: { out: { absolute: 1e-6, relative: 1e-5 } },
});

/** Applies an operation to up to three views, into a table of its own. */
export function tableOperation(device: Device, operation: TableOperation, operands: readonly TableView[], out: Tensor): void {
  const [a = none(device), b = a, c = a] = operands;
  device.run(tableOperationKernel, { a: a.tensor, b: b.tensor, c: c.tensor, out }, { operation, a, b, c });
}

function none(device: Device): TableView {
  return { tensor: device.none.f32, offset: 0, row: 0, column: 0 };
}
