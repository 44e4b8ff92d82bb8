/** Reads the values of a GGUF header one after another, never past what is there. */

import { DataError } from '../base/errors.ts';

export type GgufScalar = number | bigint | boolean | string;
/** An array's values are of one type; arrays of arrays exist in the format and in no known file. */
export type GgufValue = GgufScalar | readonly GgufScalar[];

/** The header goes on past the bytes at hand: read more of the file and start over. */
export class HeaderGoesOn extends Error {}

/** Bytes of each value type by its number; strings and arrays have a length of their own. */
const SCALAR_BYTES: readonly (number | null)[] = [1, 1, 2, 2, 4, 4, 4, 1, null, null, 8, 8, 8];
const STRING = 8;
const ARRAY = 9;

/** Beyond any vocabulary. */
const MAX_ITEMS = 2 ** 22;

export class GgufReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #file: { readonly name: string; readonly size: number };
  readonly #decoder = new TextDecoder();
  at = 0;

  /** @param bytes the file's first ones */
  constructor(bytes: Uint8Array, file: { readonly name: string; readonly size: number }) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#file = file;
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4, 'a number'), true);
  }

  /** @throws DataError for one that no file has, such as a count beyond 2⁵³ */
  u64(what: string): number {
    const value = this.#view.getBigUint64(this.#take(8, what), true);
    return value <= Number.MAX_SAFE_INTEGER ? Number(value) : this.#damaged(what, 'below 2^53', value);
  }

  string(what: string): string {
    const length = this.u64(`the length of ${what}`);
    const from = this.#take(length, what);
    return this.#decoder.decode(this.#bytes.subarray(from, from + length));
  }

  value(what: string): GgufValue {
    const type = this.u32();
    if (type !== ARRAY) return this.#scalar(type, what);
    const itemType = this.u32();
    const count = this.u64(`the length of ${what}`);
    const least = itemType === STRING ? 8 : SCALAR_BYTES[itemType];
    if (least === null || least === undefined) return this.#damaged(`the items of ${what}`, 'numbers, booleans or strings', `type ${itemType}`);
    if (count > MAX_ITEMS) this.#damaged(what, `at most ${MAX_ITEMS} items`, count);
    this.#mustFit(count * least, what);
    const items: GgufScalar[] = [];
    for (let i = 0; i < count; i++) items.push(this.#scalar(itemType, what));
    return items;
  }

  #scalar(type: number, what: string): GgufScalar {
    if (type === STRING) return this.string(what);
    const bytes = SCALAR_BYTES[type];
    if (bytes === null || bytes === undefined) return this.#damaged(`the type of ${what}`, '0 to 12', type);
    const at = this.#take(bytes, what);
    const view = this.#view;
    switch (type) {
      case 0:
        return view.getUint8(at);
      case 1:
        return view.getInt8(at);
      case 2:
        return view.getUint16(at, true);
      case 3:
        return view.getInt16(at, true);
      case 4:
        return view.getUint32(at, true);
      case 5:
        return view.getInt32(at, true);
      case 6:
        return view.getFloat32(at, true);
      case 7:
        return view.getUint8(at) !== 0;
      case 12:
        return view.getFloat64(at, true);
      default: {
        const wide = type === 10 ? view.getBigUint64(at, true) : view.getBigInt64(at, true);
        const number = Number(wide);
        return Number.isSafeInteger(number) ? number : wide;
      }
    }
  }

  /** Where the next `length` bytes begin; goes past them. */
  #take(length: number, what: string): number {
    this.#mustFit(length, what);
    const from = this.at;
    this.at += length;
    if (this.at > this.#bytes.length) throw new HeaderGoesOn();
    return from;
  }

  #mustFit(length: number, what: string): void {
    if (this.at + length > this.#file.size) this.#damaged(what, `within the file's ${this.#file.size} bytes`, `${length} bytes at ${this.at}`);
  }

  #damaged(what: string, expected: string, got: unknown): never {
    throw new DataError(`${this.#file.name}: expected ${what} to be ${expected}, got ${String(got)}. The file is damaged or cut off; download it again.`);
  }
}
