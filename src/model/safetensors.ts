/**
 * Reads and writes safetensors: eight bytes of header length, a JSON header, then the tensors' bytes.
 *
 * Everything a header promises is checked against the file before a tensor is read.
 */

import { DataError } from '../base/errors.ts';
import { findRepeatedKey } from './repeated-key.ts';

/** Bytes at rest: a file, a `File` in the browser, a URL read by ranges. */
export interface ByteSource {
  /** How errors call it. */
  readonly name: string;
  readonly size: number;
  /** The bytes of [offset, offset + length); fails rather than returning fewer. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** One tensor of a file and where its bytes lie. */
export interface TensorEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** From the start of the file. */
  readonly offset: number;
  readonly sizeBytes: number;
}

export interface SafetensorsFile {
  readonly source: ByteSource;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  readonly metadata: Readonly<Record<string, string>>;
}

const DTYPE_BYTES: Readonly<Record<string, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
};

/** The format's own limit, so that a damaged length cannot ask for all memory. */
const MAX_HEADER_BYTES = 100_000_000;

/**
 * Reads and checks a file's header.
 *
 * @throws DataError if the file is cut off, or a tensor's type, shape or place contradicts its bytes
 */
export async function openSafetensors(source: ByteSource): Promise<SafetensorsFile> {
  const headerBytes = await readHeaderLength(source);
  const text = new TextDecoder().decode(await source.read(8, headerBytes));
  const header = parseHeader(text, source.name);

  const dataStart = 8 + headerBytes;
  const tensors = new Map<string, TensorEntry>();
  let metadata: Record<string, string> = {};
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') metadata = readMetadata(entry, source.name);
    else tensors.set(name, readEntry(entry, `${source.name}: ${name}`, dataStart));
  }
  checkLayout(tensors, source, dataStart);
  return { source, tensors, metadata };
}

async function readHeaderLength(source: ByteSource): Promise<number> {
  if (source.size < 8) {
    throw new DataError(`${source.name}: expected a safetensors file, got ${source.size} bytes. Download it again.`);
  }
  const bytes = await source.read(0, 8);
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
  if (length > MAX_HEADER_BYTES) {
    throw new DataError(`${source.name}: expected a header of at most ${MAX_HEADER_BYTES} bytes, got ${length}. This is not a safetensors file.`);
  }
  if (8 + length > source.size) {
    throw new DataError(`${source.name}: expected a header of ${length} bytes, got a file of ${source.size}. The file is cut off; download it again.`);
  }
  return length;
}

function parseHeader(text: string, file: string): Readonly<Record<string, unknown>> {
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch (cause) {
    throw new DataError(`${file}: expected a JSON header, got ${JSON.stringify(text.slice(0, 40))}. This is not a safetensors file.`, { cause });
  }
  if (!isRecord(header)) {
    throw new DataError(`${file}: expected a JSON object as header, got ${JSON.stringify(text.slice(0, 40))}. This is not a safetensors file.`);
  }
  const repeated = findRepeatedKey(text);
  if (repeated !== undefined) {
    throw new DataError(`${file}: expected each tensor once, got ${repeated} twice. The file is damaged.`);
  }
  return header;
}

function readMetadata(value: unknown, file: string): Record<string, string> {
  const metadata: Record<string, string> = {};
  for (const [key, text] of Object.entries(isRecord(value) ? value : {})) {
    if (typeof text !== 'string') throw new DataError(`${file}: expected __metadata__.${key} to be a string, got ${typeof text}. The file is damaged.`);
    metadata[key] = text;
  }
  return metadata;
}

function readEntry(value: unknown, subject: string, dataStart: number): TensorEntry {
  const { dtype, shape, data_offsets: offsets } = isRecord(value) ? value : {};
  const itemBytes = typeof dtype === 'string' && Object.hasOwn(DTYPE_BYTES, dtype) ? DTYPE_BYTES[dtype] : undefined;
  if (typeof dtype !== 'string' || itemBytes === undefined) {
    throw new DataError(
      `${subject}: expected dtype ${Object.keys(DTYPE_BYTES).join(', ')}, got ${String(dtype)}. The file is damaged or newer than this reader.`,
    );
  }
  if (!isSizes(shape)) throw new DataError(`${subject}: expected a shape of whole numbers, got ${JSON.stringify(shape)}. The file is damaged.`);
  const [begin, end] = isSizes(offsets) && offsets.length === 2 ? offsets : [];
  if (begin === undefined || end === undefined || end < begin) {
    throw new DataError(`${subject}: expected data_offsets [begin, end], got ${JSON.stringify(offsets)}. The file is damaged.`);
  }
  const sizeBytes = shape.reduce((product, size) => product * size, itemBytes);
  if (sizeBytes !== end - begin) {
    throw new DataError(`${subject}: expected ${sizeBytes} bytes for ${dtype} [${shape.join(', ')}], got ${end - begin}. The file is damaged.`);
  }
  return { dtype, shape, offset: dataStart + begin, sizeBytes };
}

/** The tensors must lie end to end from the header to the end of the file, in any order. */
function checkLayout(tensors: ReadonlyMap<string, TensorEntry>, source: ByteSource, dataStart: number): void {
  const inOrder = [...tensors].sort(([, a], [, b]) => a.offset - b.offset || a.sizeBytes - b.sizeBytes);
  let end = dataStart;
  let previous = 'the header';
  for (const [name, entry] of inOrder) {
    if (entry.offset !== end) {
      const what = entry.offset < end ? 'an overlap' : 'a gap';
      throw new DataError(`${source.name}: ${name}: expected to begin at byte ${end}, after ${previous}, got ${what} at ${entry.offset}. The file is damaged.`);
    }
    end += entry.sizeBytes;
    if (end > source.size) {
      throw new DataError(`${source.name}: ${name}: expected bytes up to ${end}, got a file of ${source.size}. The file is cut off; download it again.`);
    }
    previous = name;
  }
  if (end !== source.size) {
    throw new DataError(`${source.name}: expected ${end} bytes, got ${source.size}. Something was appended to the file; download it again.`);
  }
}

/**
 * Encodes float32 tensors as the bytes of a safetensors file, piece by piece: the header, then each tensor.
 *
 * The same tensors give the same bytes, whatever order they come in: names are sorted by code unit and the header is padded
 * with spaces to a multiple of eight bytes.
 */
export function* encodeSafetensors(
  tensors: ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: Float32Array }>,
  metadata: Readonly<Record<string, string>> = {},
): Generator<Uint8Array> {
  const inOrder = [...tensors].sort(byName);
  for (const [name, { shape, data }] of inOrder) {
    const count = shape.reduce((product, size) => product * size, 1);
    if (count !== data.length)
      throw new DataError(`${name}: expected ${count} numbers for [${shape.join(', ')}], got ${data.length}. Pass the tensor's own shape.`);
  }
  yield safetensorsHeader(new Map(inOrder.map(([name, { shape }]) => [name, shape])), 'F32', metadata);
  for (const [, { data }] of inOrder) yield new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** Shapes by name, of tensors of one type whose bytes follow in this order, as the bytes a file begins with. */
export function safetensorsHeader(
  shapes: ReadonlyMap<string, readonly number[]>,
  dtype: 'F32' | 'F16' | 'BF16',
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const header = new Map<string, unknown>();
  const notes = Object.entries(metadata).sort(byName);
  if (notes.length > 0) header.set('__metadata__', Object.fromEntries(notes));
  let offset = 0;
  for (const [name, shape] of shapes) {
    const end = offset + shape.reduce((product, size) => product * size, DTYPE_BYTES[dtype]!);
    header.set(name, { dtype, shape, data_offsets: [offset, end] });
    offset = end;
  }
  return encodeHeader(header);
}

function byName<Value>([a]: readonly [string, Value], [b]: readonly [string, Value]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A Map keeps the order it was filled in even for names that look like numbers; an object would not. */
function encodeHeader(header: ReadonlyMap<string, unknown>): Uint8Array {
  const fields = [...header].map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  const json = new TextEncoder().encode(`{${fields.join(',')}}`);
  const length = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + length).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(json, 8);
  return bytes;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}
