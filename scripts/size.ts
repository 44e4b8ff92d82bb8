/** Prints how much there is to read (files and lines by folder, the longest files) and to download: 1 where a page's library is over its budget. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { printPageSize } from './page-size.ts';

const root = fileURLToPath(new URL('../', import.meta.url));

interface Measured {
  readonly path: string;
  readonly folder: string;
  readonly lines: number;
}

const measured: Measured[] = ['src', 'shaders', 'demo', 'examples', 'scripts', 'bench', 'test']
  .filter((top) => existsSync(join(root, top)))
  .flatMap((top) =>
    readdirSync(join(root, top), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(ts|tsx|wgsl)$/.test(name) && !name.includes('.generated.'))
      .map((name) => {
        const path = `${top}/${name.replaceAll('\\', '/')}`;
        const [, below = '', ...rest] = path.split('/');
        const folder = top === 'src' && rest.length > 0 ? `src/${below}` : top;
        return { path, folder, lines: readFileSync(join(root, path), 'utf8').split('\n').length - 1 };
      }),
  );

const print = (line: string): void => void process.stdout.write(`${line}\n`);

for (const folder of new Set(measured.map((file) => file.folder))) {
  const lines = measured
    .filter((file) => file.folder === folder)
    .map((file) => file.lines)
    .toSorted((a, b) => a - b);
  const sum = lines.reduce((total, count) => total + count, 0);
  print(`${folder.padEnd(16)} ${String(lines.length).padStart(4)} files ${String(sum).padStart(6)} lines   median ${lines[lines.length >> 1]}`);
}
print('\nlongest');
for (const { path, lines } of measured.toSorted((a, b) => b.lines - a.lines).slice(0, 10)) print(`${String(lines).padStart(6)}  ${path}`);

print('');
process.exitCode = (await printPageSize(print)) ? 0 : 1;
