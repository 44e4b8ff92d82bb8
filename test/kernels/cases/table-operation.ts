import { TABLE_OPERATIONS, type TableOperation, tableOperationKernel } from '../../../src/kernels/table-operation.ts';
import { kernelCase, numberSource } from '../kernel-case.ts';

const numbers = numberSource('table-operation');
const whole = { offset: 0, row: 7, column: 1 };
/** Column 1 of a table of three: one number per row. */
const perRow = { offset: 1, row: 3, column: 0 };
const constant = { offset: 2, row: 0, column: 0 };

const operations = Object.keys(TABLE_OPERATIONS) as readonly TableOperation[];

export const tableOperationCases = [
  ...operations.map((operation) =>
    kernelCase(
      tableOperationKernel,
      operation,
      { a: numbers([13, 7], 2), b: numbers([13, 3], 2), c: numbers([4], 2), out: { shape: [13, 7], data: new Float32Array(91) } },
      { operation, a: whole, b: perRow, c: constant },
    ),
  ),
  // Where other arithmetic would give infinity or no number.
  kernelCase(
    tableOperationKernel,
    'division by zero',
    { a: numbers([1, 7], 2), b: { shape: [7], data: [0, 1, 0, 2, 0, 4, 0] }, c: numbers([4]), out: { shape: [1, 7], data: new Float32Array(7) } },
    { operation: 'divide', a: whole, b: whole, c: constant },
  ),
  kernelCase(
    tableOperationKernel,
    'logarithm of what has none',
    { a: { shape: [7], data: [0, -1, 1, 2, -5, 0.5, 1e-3] }, b: numbers([7]), c: numbers([4]), out: { shape: [1, 7], data: new Float32Array(7) } },
    { operation: 'logarithm', a: whole, b: whole, c: constant },
  ),
];
