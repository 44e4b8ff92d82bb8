/** Reads tar archives of plain files: all that is needed to unpack a driver without a dependency. */

import { DataError } from '../base/errors.ts';

export interface ArchivedFile {
  /** Relative, with `/` between folders and no `..`. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

const BLOCK_BYTES = 512;

/**
 * Yields the files of a tar archive; their bytes are views of it.
 *
 * @throws DataError if the archive is torn, holds anything but files and folders, or a name leads out of it
 */
export function* untar(archive: Uint8Array): Generator<ArchivedFile> {
  let offset = 0;
  while (offset + BLOCK_BYTES <= archive.length) {
    const header = archive.subarray(offset, offset + BLOCK_BYTES);
    if (header.every((byte) => byte === 0)) return;
    checkSum(header, offset);
    const name = insideName(fullName(header));
    const size = octal(header, 124, 12, `size of ${name}`);
    const start = offset + BLOCK_BYTES;
    const end = start + size;
    if (end > archive.length) throw new DataError(`archive: expected ${size} bytes of ${name}, got ${archive.length - start}. Fetch it again.`);
    const kind = text(header, 156, 1);
    if (kind === '' || kind === '0') yield { name, bytes: archive.subarray(start, end) };
    else if (kind !== '5') throw new DataError(`archive: expected only files and folders, got ${name} of type '${kind}'. Links are not unpacked.`);
    offset = start + Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES;
  }
  throw new DataError('archive: expected an empty block at its end, got none. It was cut short; fetch it again.');
}

function text(header: Uint8Array, start: number, length: number): string {
  const field = header.subarray(start, start + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}

function octal(header: Uint8Array, start: number, length: number, subject: string): number {
  const digits = text(header, start, length).trim();
  if (!/^[0-7]+$/.test(digits)) throw new DataError(`archive: expected octal digits as ${subject}, got '${digits}'. Fetch it again.`);
  return Number.parseInt(digits, 8);
}

function checkSum(header: Uint8Array, offset: number): void {
  const expected = octal(header, 148, 8, `checksum at byte ${offset}`);
  const sum = header.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 0x20 : byte), 0);
  if (sum !== expected) throw new DataError(`archive: expected checksum ${expected} at byte ${offset}, got ${sum}. Fetch it again.`);
}

function fullName(header: Uint8Array): string {
  const isUstar = text(header, 257, 5) === 'ustar';
  const prefix = isUstar ? text(header, 345, 155) : '';
  return prefix ? `${prefix}/${text(header, 0, 100)}` : text(header, 0, 100);
}

function insideName(name: string): string {
  const parts = name.split('/').filter((part) => part !== '.' && part !== '');
  const leadsOut = name.startsWith('/') || name.includes('\\') || /^[a-z]:/i.test(name) || parts.includes('..');
  if (leadsOut) throw new DataError(`archive: expected names inside its folder, got '${name}'. It is not the archive it claims to be.`);
  return parts.join('/');
}
