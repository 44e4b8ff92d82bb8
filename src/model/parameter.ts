/**
 * A stored tensor of weights, and the rule by which a matrix becomes several: where the format changes, and where a binding holds no more rows.
 *
 * Ranges end at multiples of 512 rows, where the GPU form of a product ends its partial sums.
 */

import { DeviceError } from '../base/errors.ts';
import { type Tensor } from '../gpu/tensor.ts';
import type { DeviceTraits } from '../gpu/traits.ts';
import { isBlockFormat, PACKED_LAYOUTS, type WeightFormat, wordsOf } from '../kernels/weight-format.ts';

/** A published tensor, or some rows of one, inside a stored one. */
export interface ParameterPart {
  /** The Hugging Face name, for example `model.layers.0.self_attn.q_proj.weight`. */
  readonly name: string;
  /** Where it begins in the stored tensor, in elements. */
  readonly offset: number;
  /** Of what is stored here. */
  readonly shape: readonly number[];
  /** Where its rows are spread over several parameters: the first of the published tensor's elements that is stored here. */
  readonly from?: number;
  /** It is published the other way round, [inputs, outputs]. */
  readonly transposed?: boolean;
}

/** A stored tensor of weights and the published tensors it is made of. */
export interface Parameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly parts: readonly ParameterPart[];
  /** How `weights` holds the numbers; f32 unless said. Anything else is frozen. */
  readonly format: WeightFormat;
  readonly weights: Tensor;
}

/** How a published matrix is to be held. Vectors are always f32. */
export type FormatOf = (name: string, shape: readonly number[]) => WeightFormat;

/** Rows that a range is a multiple of; the last one may be shorter. Tiles of the vocabulary are as many, so each lies in one range. */
export const RANGE_ROWS = 512;

/** Elements of one tensor: indexes are 32 bits, and some drivers compute wrongly past 2³⁰. */
const MOST_ELEMENTS = 2 ** 30;

/** Some rows of a matrix: a parameter of its own. */
export interface WeightRange {
  readonly firstRow: number;
  readonly endRow: number;
  readonly parameter: Parameter;
}

export interface WeightMatrix {
  readonly name: string;
  /** [outputs, inputs] */
  readonly shape: readonly [rows: number, columns: number];
  /** The published tensors it is made of, from the top down. */
  readonly parts: readonly { readonly name: string; readonly firstRow: number; readonly rows: number }[];
  /** From the top down, without gaps. */
  readonly ranges: readonly WeightRange[];
}

/** Tensors one below the other. */
export interface Stacked {
  readonly shape: readonly number[];
  readonly parts: readonly ParameterPart[];
}

export interface RowRun {
  readonly firstRow: number;
  readonly endRow: number;
  readonly format: WeightFormat;
  readonly parts: readonly ParameterPart[];
}

/**
 * Cuts a matrix where the format changes, and where a binding would not hold more rows.
 *
 * @throws DeviceError if a binding does not hold the least range
 */
export function rangesOf(
  traits: DeviceTraits,
  name: string,
  { shape, parts }: Stacked,
  formatOf: FormatOf,
): { readonly matrix: Omit<WeightMatrix, 'ranges'>; readonly ranges: readonly RowRun[] } {
  const [rows, columns] = shape as [number, number];
  const stacked = parts.map((part) => ({
    ...part,
    firstRow: part.offset / columns,
    rows: part.shape[0]!,
    format: heldAs(formatOf(part.name, part.shape), columns),
  }));
  const ranges: RowRun[] = [];
  for (let firstRow = 0; firstRow < rows; firstRow = ranges.at(-1)!.endRow) {
    const inFormat = stacked.filter((part) => part.firstRow + part.rows > firstRow);
    const { format } = inFormat[0]!;
    const changed = inFormat.find((part) => part.format !== format)?.firstRow ?? rows;
    const endRow = firstRow + rangeRows(traits, format, changed - firstRow, columns, name);
    ranges.push({
      firstRow,
      endRow,
      format,
      parts: inFormat.filter((part) => part.firstRow < endRow).map((part) => partWithin(part, firstRow, endRow, columns)),
    });
  }
  return {
    matrix: { name, shape: [rows, columns], parts: stacked.map(({ name: part, firstRow, rows: count }) => ({ name: part, firstRow, rows: count })) },
    ranges,
  };
}

/** Rows that are no whole number of blocks are held as f16 instead. */
function heldAs(format: WeightFormat, columns: number): WeightFormat {
  return isBlockFormat(format) && columns % 32 !== 0 ? 'f16' : format;
}

/** What of a published tensor lies in rows [firstRow, endRow) of the matrix. */
function partWithin(
  part: { name: string; shape: readonly number[]; firstRow: number; rows: number; transposed?: boolean },
  firstRow: number,
  endRow: number,
  columns: number,
): ParameterPart {
  const [first, end] = [Math.max(part.firstRow, firstRow), Math.min(part.firstRow + part.rows, endRow)];
  const stored = { name: part.name, offset: (first - firstRow) * columns, shape: [end - first, columns], ...(part.transposed && { transposed: true }) };
  return end - first === part.rows ? { ...stored, shape: part.shape } : { ...stored, from: (first - part.firstRow) * columns };
}

/** How many rows of one format a range holds: all where a binding does. */
function rangeRows({ maxBindingBytes }: DeviceTraits, format: WeightFormat, rows: number, columns: number, name: string): number {
  const { run, words } = format === 'f32' ? { run: 1, words: 1 } : PACKED_LAYOUTS[format];
  const most = Math.min(MOST_ELEMENTS, Math.floor(maxBindingBytes / (4 * words)) * run);
  if (rows * columns <= most) return rows;
  const fitting = Math.floor(most / (columns * RANGE_ROWS)) * RANGE_ROWS;
  if (fitting > 0) return fitting;
  const bytes = wordsOf(format, RANGE_ROWS * columns) * 4;
  throw new DeviceError(
    `${name}: expected an adapter that binds ${RANGE_ROWS} rows of ${columns} numbers (${bytes} bytes as ${format}), got one that binds ${maxBindingBytes}. Choose a smaller model.dtype, or another adapter.`,
  );
}
