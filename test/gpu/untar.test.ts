import { describe, expect, it } from 'vitest';
import { DataError } from '../../src/base/errors.ts';
import { untar } from '../../src/gpu/untar-node.ts';

interface Member {
  readonly name: string;
  readonly body?: string;
  readonly kind?: string;
  readonly prefix?: string;
}

/** A tar archive of the given members, checksums included. */
function tar(members: readonly Member[]): Uint8Array {
  const blocks = members.flatMap(({ name, body = '', kind = '0', prefix = '' }) => {
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write(`${Buffer.byteLength(body).toString(8).padStart(11, '0')}\0`, 124);
    header.fill(' ', 148, 156);
    header.write(kind, 156);
    header.write('ustar\0', 257);
    header.write(prefix, 345);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    const content = Buffer.alloc(Math.ceil(Buffer.byteLength(body) / 512) * 512);
    content.write(body);
    return [header, content];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

const unpacked = (archive: Uint8Array): (readonly [string, string])[] =>
  [...untar(archive)].map(({ name, bytes }) => [name, new TextDecoder().decode(bytes)] as const);

describe('untar', () => {
  it('yields files with their bytes and leaves folders out', () => {
    const long = 'x'.repeat(513);
    const archive = tar([{ name: 'lib/', kind: '5' }, { name: './lib/a.so', body: long }, { name: 'b', prefix: 'deep/er', body: 'two' }, { name: 'empty' }]);
    expect(unpacked(archive)).toEqual([
      ['lib/a.so', long],
      ['deep/er/b', 'two'],
      ['empty', ''],
    ]);
  });

  it.each(['../evil', 'lib/../../evil', '/etc/evil', '..', 'lib\\..\\evil', 'C:evil'])('refuses the name %s, which leads out of the folder', (name) => {
    expect(() => unpacked(tar([{ name, body: 'x' }]))).toThrow(DataError);
    expect(() => unpacked(tar([{ name, body: 'x' }]))).toThrow(/inside its folder/);
  });

  it('refuses a prefix that leads out of the folder', () => {
    expect(() => unpacked(tar([{ name: 'evil', prefix: '../..' }]))).toThrow(/inside its folder/);
  });

  it.each(['1', '2', '3', 'L', 'x'])('refuses a member of type %s', (kind) => {
    expect(() => unpacked(tar([{ name: 'link', kind }]))).toThrow(/only files and folders/);
  });

  it('notices an archive that was cut short or damaged', () => {
    const archive = tar([{ name: 'a', body: 'hello' }]);
    expect(() => unpacked(archive.subarray(0, 600))).toThrow(/expected 5 bytes of a|empty block/);
    expect(() => unpacked(archive.subarray(0, 1024))).toThrow(/empty block/);
    const damaged = archive.slice();
    damaged[0] = 'b'.charCodeAt(0);
    expect(() => unpacked(damaged)).toThrow(/checksum/);
  });
});
