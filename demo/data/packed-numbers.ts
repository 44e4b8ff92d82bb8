/** Columns of numbers as bytes that compress well: all first bytes, then all second bytes, …, because neighbours are alike there. */

import { DataError } from '../../src/index.ts';

/** `half`: 11 bits of precision; `single`: 24; `root`: a probability, fine where it is small: q / 65535 squared; `small`: whole numbers up to 65535. */
export type PackedKind = 'half' | 'single' | 'root' | 'small' | 'byte';

const WIDTH: Readonly<Record<PackedKind, number>> = { half: 2, single: 4, root: 2, small: 2, byte: 1 };

/** Where a column lies in the bytes. */
export interface PackedColumn {
  readonly kind: PackedKind;
  readonly at: number;
  readonly count: number;
}

/** Gathers columns into one array of bytes. */
export class PackedWriter {
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  put(kind: PackedKind, values: ArrayLike<number>): PackedColumn {
    const width = WIDTH[kind];
    const column = { kind, at: this.#length, count: values.length };
    const bytes = new Uint8Array(values.length * width);
    const view = new DataView(new ArrayBuffer(4));
    for (let i = 0; i < values.length; i++) {
      write(view, kind, values[i]!);
      for (let byte = 0; byte < width; byte++) bytes[byte * values.length + i] = view.getUint8(byte);
    }
    this.#parts.push(bytes);
    this.#length += bytes.length;
    return column;
  }

  bytes(): Uint8Array {
    const all = new Uint8Array(this.#length);
    let at = 0;
    for (const part of this.#parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }
}

/** @throws DataError where the column does not lie within the bytes */
export function readPacked(bytes: Uint8Array, { kind, at, count }: PackedColumn): Float32Array {
  const width = WIDTH[kind];
  const isWithin = Number.isInteger(at) && Number.isInteger(count) && at >= 0 && count >= 0 && at + count * width <= bytes.length;
  if (!isWithin || width === undefined)
    throw new DataError(`recording: expected a column within ${bytes.length} bytes, got ${count} × ${kind} at ${at}. The file is damaged; load it again.`);
  const view = new DataView(new ArrayBuffer(4));
  return Float32Array.from({ length: count }, (_, i) => {
    for (let byte = 0; byte < width; byte++) view.setUint8(byte, bytes[at + byte * count + i]!);
    return read(view, kind);
  });
}

function write(view: DataView, kind: PackedKind, value: number): void {
  if (kind === 'single') view.setFloat32(0, value);
  else if (kind === 'half') view.setUint16(0, halfOf(value));
  else if (kind === 'root') view.setUint16(0, Math.round(65535 * Math.sqrt(Math.min(1, Math.max(0, value)))));
  else if (kind === 'small') view.setUint16(0, value);
  else view.setUint8(0, value);
}

function read(view: DataView, kind: PackedKind): number {
  if (kind === 'single') return view.getFloat32(0);
  if (kind === 'half') return numberOfHalf(view.getUint16(0));
  if (kind === 'root') return (view.getUint16(0) / 65535) ** 2;
  return kind === 'small' ? view.getUint16(0) : view.getUint8(0);
}

/** Largest finite half, and the least that keeps all its bits. */
const LARGEST_HALF = 65504;
const LEAST_NORMAL = 2 ** -14;

/** The nearest IEEE half, as its bits; NaN and beyond ± 65504 become NaN and the largest. */
export function halfOf(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.min(Math.abs(value), LARGEST_HALF);
  if (size < LEAST_NORMAL) return sign | Math.round(size * 2 ** 24);
  // Truncation to 10 bits of the single's mantissa, after adding half a step.
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, size);
  const bits = view.getUint32(0) + 0x1000;
  return sign | (((bits >>> 13) & 0x3ff) | (((bits >>> 23) - 112) << 10));
}

/** The number of an IEEE half's bits. */
export function numberOfHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 31;
  const mantissa = bits & 0x3ff;
  if (exponent === 31) return mantissa ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * mantissa * 2 ** -24 : (sign * (1024 + mantissa) * POWERS[exponent]!) / 1024;
}

const POWERS = Float64Array.from({ length: 31 }, (_, exponent) => 2 ** (exponent - 15));
