/**
 * Reads the header of a GGUF file: magic, version, key-value metadata, and the table of tensors.
 *
 * Everything the header promises is checked against the file before a tensor is read. The names of tensors and keys are the file's own.
 *
 * @source ggml, `docs/gguf.md`
 */

import { DataError } from '../base/errors.ts';
import { GgufReader, type GgufValue, HeaderGoesOn } from './gguf-reader.ts';
import { GGUF_TYPES } from './gguf-types.ts';
import type { ByteSource, TensorEntry } from './safetensors.ts';

export type GgufMetadata = ReadonlyMap<string, GgufValue>;

export interface GgufFile {
  readonly source: ByteSource;
  readonly metadata: GgufMetadata;
  /** Shapes as in Hugging Face's files, rows first: the reverse of the file's own. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
}

const MAGIC = 0x4655_4747; // "GGUF"
const MAX_DIMENSIONS = 4;
const MAX_KEYS = 65_536;
const MAX_TENSORS = 65_536;

/** First piece of the file to be parsed, and how many times more when the header goes on. */
const FIRST_PIECE = 2 ** 20;
const MORE = 4;
const MAX_HEADER = 2 ** 28;

/**
 * Reads and checks a file's header.
 *
 * @throws DataError if the file is no GGUF, is cut off, or a tensor's type, shape or place contradicts its bytes
 */
export async function openGguf(source: ByteSource): Promise<GgufFile> {
  if (source.size < 24) throw new DataError(`${source.name}: expected a GGUF file, got ${source.size} bytes. Download it again.`);
  for (let piece = FIRST_PIECE; ; piece *= MORE) {
    const bytes = await source.read(0, Math.min(piece, source.size));
    try {
      return parseHeader(bytes, source);
    } catch (error) {
      if (!(error instanceof HeaderGoesOn)) throw error;
      if (piece >= MAX_HEADER)
        throw new DataError(`${source.name}: expected a header of at most ${MAX_HEADER} bytes, got one that goes on. The file is damaged.`, { cause: error });
    }
  }
}

function parseHeader(bytes: Uint8Array, source: ByteSource): GgufFile {
  const reader = new GgufReader(bytes, source);
  const magic = reader.u32();
  if (magic !== MAGIC)
    throw new DataError(`${source.name}: expected a file that begins with GGUF, got ${magic.toString(16).padStart(8, '0')}. This is no GGUF file.`);
  const version = reader.u32();
  if (version !== 2 && version !== 3)
    throw new DataError(`${source.name}: expected GGUF version 2 or 3, little-endian, got ${version}. Convert the file with a current llama.cpp.`);
  const tensorCount = reader.u64('the count of tensors');
  const keyCount = reader.u64('the count of keys');
  const limit = (what: string, count: number, most: number): void => {
    if (count > most) throw new DataError(`${source.name}: expected at most ${most} ${what}, got ${count}. The file is damaged.`);
  };
  limit('tensors', tensorCount, MAX_TENSORS);
  limit('keys', keyCount, MAX_KEYS);

  const metadata = new Map<string, GgufValue>();
  for (let i = 0; i < keyCount; i++) {
    const key = reader.string('a key');
    if (metadata.has(key)) throw new DataError(`${source.name}: expected the key ${key} once, got it twice. The file is damaged.`);
    metadata.set(key, reader.value(key));
  }
  const placed = readTensorTable(reader, tensorCount, source.name);
  const alignment = readAlignment(metadata, source.name);
  const dataStart = Math.ceil(reader.at / alignment) * alignment;
  const tensors = new Map([...placed].map(([name, entry]) => [name, { ...entry, offset: dataStart + entry.offset }] as const));
  checkPlaces(tensors, source, alignment);
  return { source, metadata, tensors };
}

function readAlignment(metadata: GgufMetadata, file: string): number {
  const alignment = metadata.get('general.alignment') ?? 32;
  const isFine = typeof alignment === 'number' && Number.isInteger(alignment) && alignment >= 8 && alignment <= 65_536 && (alignment & (alignment - 1)) === 0;
  if (!isFine) throw new DataError(`${file}: expected general.alignment to be a power of two from 8 to 65536, got ${String(alignment)}. The file is damaged.`);
  return alignment;
}

/** Offsets are still from the start of the data. */
function readTensorTable(reader: GgufReader, count: number, file: string): Map<string, TensorEntry> {
  const tensors = new Map<string, TensorEntry>();
  for (let i = 0; i < count; i++) {
    const name = reader.string('the name of a tensor');
    const subject = `${file}: ${name.slice(0, 80)}`;
    if (tensors.has(name)) throw new DataError(`${subject}: expected once, got twice. The file is damaged.`);
    tensors.set(name, readTensor(reader, subject));
  }
  return tensors;
}

function readTensor(reader: GgufReader, subject: string): TensorEntry {
  const dimensions = reader.u32();
  if (dimensions < 1 || dimensions > MAX_DIMENSIONS)
    throw new DataError(`${subject}: expected 1 to ${MAX_DIMENSIONS} dimensions, got ${dimensions}. The file is damaged.`);
  const sizes = Array.from({ length: dimensions }, () => reader.u64('a size'));
  const number = reader.u32();
  const offset = reader.u64('an offset');
  const type = GGUF_TYPES.get(number);
  if (!type) throw new DataError(`${subject}: expected a type of GGUF, got number ${number}. The file is damaged or newer than this reader.`);
  const count = sizes.reduce((product, size) => product * size, 1);
  if (count === 0 || !Number.isSafeInteger(count)) throw new DataError(`${subject}: expected sizes from 1 up, got [${sizes.join(', ')}]. The file is damaged.`);
  if (sizes[0]! % type.block !== 0)
    throw new DataError(`${subject}: expected rows of a multiple of ${type.block} for ${type.name}, got ${sizes[0]}. The file is damaged.`);
  return { dtype: type.name, shape: sizes.toReversed(), offset, sizeBytes: (count / type.block) * type.bytes };
}

/** Tensors may lie in any order, with gaps, but aligned, apart and within the file. */
function checkPlaces(tensors: ReadonlyMap<string, TensorEntry>, source: ByteSource, alignment: number): void {
  const inOrder = [...tensors].sort(([, a], [, b]) => a.offset - b.offset);
  let [end, previous] = [0, ''];
  for (const [name, { offset, sizeBytes }] of inOrder) {
    const subject = `${source.name}: ${name}`;
    if (offset % alignment !== 0) throw new DataError(`${subject}: expected an offset divisible by ${alignment}, got ${offset}. The file is damaged.`);
    if (offset < end) throw new DataError(`${subject}: expected to begin after ${previous}, at ${end} or later, got ${offset}. The file is damaged.`);
    end = offset + sizeBytes;
    previous = name;
    if (end > source.size)
      throw new DataError(`${subject}: expected bytes up to ${end}, got a file of ${source.size}. The file is cut off; download it again.`);
  }
}
