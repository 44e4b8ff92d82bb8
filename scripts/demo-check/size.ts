/** What a visit downloads: everything that was fetched until the first step was done, and everything there is. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { atMost, type Figure } from './figure.ts';

/** The default policy and the recording are apart. */
const CODE = /\.(html|js|css|svg)$/;

interface ServedFile {
  readonly name: string;
  readonly bytes: number;
  readonly isEarly: boolean;
}

/**
 * @param folder of the built page
 * @param fetched names of the files that were asked for until the first live step was done
 */
export function sizeFigures(folder: string, fetched: ReadonlySet<string>): { readonly figures: Figure[]; readonly lines: string[] } {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => CODE.test(name))
    .map((name): ServedFile => ({ name, bytes: gzipSync(readFileSync(join(folder, name)), { level: 9 }).length, isEarly: fetched.has(name) }))
    .toSorted((a, b) => Number(b.isEarly) - Number(a.isEarly) || b.bytes - a.bytes);
  const sum = (some: readonly ServedFile[]): number => some.reduce((bytes, file) => bytes + file.bytes, 0) / 1024;
  const early = files.filter(({ isEarly }) => isEarly);
  return {
    figures: [
      atMost({ what: 'gzip until the first step', value: sum(early), bound: 250, unit: 'KB', places: 1, note: `${early.length} files` }),
      atMost({ what: 'gzip in all', value: sum(files), bound: 500, unit: 'KB', places: 1, note: `${files.length} files` }),
    ],
    lines: files.map(({ name, bytes, isEarly }) => `  ${(bytes / 1024).toFixed(1).padStart(7)} KB  ${isEarly ? 'first' : 'later'}  ${name}`),
  };
}
