/** Writes the header of a GGUF file, version 3. */

import { ggufTypeNamed } from './gguf-types.ts';

/** Whole numbers become u32; a float is wrapped, so that 10000 is not taken for a count. */
export type GgufField = string | number | boolean | { readonly float: number } | readonly string[] | Int32Array | Float32Array;

export interface GgufTensorPlan {
  /** GGUF's own name. */
  readonly name: string;
  readonly type: string;
  /** Rows first, as in Hugging Face's files. */
  readonly shape: readonly number[];
}

const ALIGNMENT = 32;
const TYPE = { u32: 4, i32: 5, f32: 6, bool: 7, string: 8, array: 9 } as const;

/** The header, padded to where the first tensor begins; each tensor's bytes follow, each padded by `paddingAfter`. */
export function ggufHeader(metadata: ReadonlyMap<string, GgufField>, tensors: readonly GgufTensorPlan[]): Uint8Array {
  const out = new Bytes();
  out.text('GGUF').u32(3).u64(tensors.length).u64(metadata.size);
  for (const [key, value] of metadata) {
    out.string(key);
    writeField(out, value);
  }
  let offset = 0;
  for (const { name, type, shape } of tensors) {
    const { number, sizeBytes } = storageOf(type, shape);
    out.string(name).u32(shape.length);
    for (const size of shape.toReversed()) out.u64(size);
    out.u32(number).u64(offset);
    offset += sizeBytes + paddingAfter(sizeBytes).length;
  }
  return out.zeros(paddingAfter(out.length).length).done();
}

/** Zeros up to where the next tensor may begin. */
export function paddingAfter(bytes: number): Uint8Array {
  return new Uint8Array((ALIGNMENT - (bytes % ALIGNMENT)) % ALIGNMENT);
}

function storageOf(type: string, shape: readonly number[]): { readonly number: number; readonly sizeBytes: number } {
  const { number, block, bytes } = ggufTypeNamed(type)!;
  return { number, sizeBytes: (shape.reduce((product, size) => product * size, 1) / block) * bytes };
}

function writeField(out: Bytes, value: GgufField): void {
  if (typeof value === 'string') out.u32(TYPE.string).string(value);
  else if (typeof value === 'number') out.u32(TYPE.u32).u32(value);
  else if (typeof value === 'boolean') out.u32(TYPE.bool).byte(value ? 1 : 0);
  else if (value instanceof Int32Array) out.u32(TYPE.array).u32(TYPE.i32).u64(value.length).raw(value);
  else if (value instanceof Float32Array) out.u32(TYPE.array).u32(TYPE.f32).u64(value.length).raw(value);
  else if ('float' in value) out.u32(TYPE.f32).raw(Float32Array.of(value.float));
  else {
    out.u32(TYPE.array).u32(TYPE.string).u64(value.length);
    for (const text of value) out.string(text);
  }
}

/** Bytes that grow. */
class Bytes {
  #bytes = new Uint8Array(2 ** 16);
  #view = new DataView(this.#bytes.buffer);
  readonly #encoder = new TextEncoder();
  length = 0;

  u32(value: number): this {
    const at = this.#take(4); // before the view is looked at: it may be replaced
    this.#view.setUint32(at, value, true);
    return this;
  }

  u64(value: number): this {
    const at = this.#take(8);
    this.#view.setBigUint64(at, BigInt(value), true);
    return this;
  }

  byte(value: number): this {
    const at = this.#take(1);
    this.#view.setUint8(at, value);
    return this;
  }

  text(value: string): this {
    return this.raw(this.#encoder.encode(value));
  }

  string(value: string): this {
    const bytes = this.#encoder.encode(value);
    return this.u64(bytes.length).raw(bytes);
  }

  raw({ buffer, byteOffset, byteLength }: ArrayBufferView): this {
    const at = this.#take(byteLength);
    this.#bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    return this;
  }

  zeros(count: number): this {
    this.#take(count);
    return this;
  }

  done(): Uint8Array {
    return this.#bytes.slice(0, this.length);
  }

  #take(count: number): number {
    const at = this.length;
    this.length += count;
    if (this.length > this.#bytes.length) {
      const more = new Uint8Array(Math.max(2 * this.#bytes.length, this.length));
      more.set(this.#bytes);
      this.#bytes = more;
      this.#view = new DataView(more.buffer);
    }
    return at;
  }
}
