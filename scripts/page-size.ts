/** What a page downloads: the library as one bundle, and the files that a bundler makes of it for page and worker. */

import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build, type Rolldown } from 'vite';

const root = fileURLToPath(new URL('../', import.meta.url));

/** Bytes, minified and gzip, of engine, algorithms, recipe and WGSL together. */
export const PAGE_BUDGET = 180 * 1024;

export interface PageFile {
  readonly name: string;
  /** Loaded with the entry, not later. */
  readonly isFirst: boolean;
  readonly code: string;
  readonly gzipBytes: number;
  /** Files of the repository and packages it is made of. */
  readonly modules: readonly string[];
  /** What it imports from outside the bundle. */
  readonly imports: readonly string[];
}

/** What a page calls to run recipes and to keep runs. */
const PAGE = `export { openOpfsStore, readPageRecipe, runRequest, startRun, unzipRun, writeChosenRun, zipRun } from '/src/browser.ts';`;
const WORKER = `import '/src/worker/run-worker.ts';`;
/** Both, with the reader of recipes, each module once. Readers of files are loaded when used and do not count. */
const LIBRARY = `${PAGE} export { readRecipe } from '/src/recipe/read.ts'; ${WORKER}`;

export const pageFiles = (): Promise<PageFile[]> => bundle(PAGE);
export const workerFiles = (): Promise<PageFile[]> => bundle(WORKER);
export const libraryFiles = (): Promise<PageFile[]> => bundle(LIBRARY, ['yaml']);

/** Builds a module as a user's bundler would, for browsers. */
export async function bundle(code: string, external: readonly string[] = []): Promise<PageFile[]> {
  const entry = 'virtual:entry.ts';
  const built = await build({
    root,
    configFile: false,
    logLevel: 'error',
    plugins: [{ name: 'entry', resolveId: (id) => (id === entry ? id : undefined), load: (id) => (id === entry ? code : undefined) }],
    build: {
      write: false,
      target: 'es2023',
      modulePreload: false,
      rolldownOptions: { input: entry, external: [...external], preserveEntrySignatures: 'strict', output: { format: 'es' } },
    },
  });
  const { output } = (Array.isArray(built) ? built[0] : built) as Rolldown.RolldownOutput;
  const chunks = output.filter((file) => file.type === 'chunk');
  const first = new Set<string>();
  const reach = (name: string): void => {
    if (first.has(name)) return;
    first.add(name);
    for (const next of chunks.find(({ fileName }) => fileName === name)?.imports ?? []) reach(next);
  };
  for (const { fileName, isEntry } of chunks) if (isEntry) reach(fileName);
  return chunks.map(({ fileName, name, code: text, moduleIds, imports, dynamicImports }) => ({
    name,
    isFirst: first.has(fileName),
    code: text,
    gzipBytes: gzipSync(text, { level: 9 }).length,
    modules: moduleIds.map((id) => id.replace(root, '').replace(/^.*node_modules\//, 'node_modules/')),
    imports: [...imports, ...dynamicImports].filter((id) => !chunks.some((chunk) => chunk.fileName === id)),
  }));
}

/** A name for what a file holds: its largest package, or its own. */
export function contentOf({ name, modules }: PageFile): string {
  const packages = modules.flatMap((id) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(id)?.[1] ?? []);
  const [most] = [...new Set(packages)].toSorted((a, b) => packages.filter((id) => id === b).length - packages.filter((id) => id === a).length);
  return most === undefined ? name : `${name} (${most})`;
}

/** Prints the table. Returns whether the library is within its budget. */
export async function printPageSize(print: (line: string) => void): Promise<boolean> {
  const [library, page, worker] = await Promise.all([libraryFiles(), pageFiles(), workerFiles()]);
  const sum = (files: readonly PageFile[]): number => files.reduce((bytes, { gzipBytes }) => bytes + gzipBytes, 0);
  const row = (text: string, bytes: number, note = ''): void => print(`  ${text.padEnd(44)}${(bytes / 1024).toFixed(1).padStart(7)} KB${note}`);
  const total = sum(library.filter(({ isFirst }) => isFirst));
  print('library for a page, minified and gzip');
  row('engine, algorithms, recipe, WGSL in one', total, ` of ${PAGE_BUDGET / 1024} allowed`);
  print('as shipped, what both need being in both');
  row('page', sum(page.filter(({ isFirst }) => isFirst)));
  row('worker', sum(worker.filter(({ isFirst }) => isFirst)));
  print('loaded when used');
  for (const [place, files] of [
    ['page', page],
    ['worker', worker],
  ] as const) {
    for (const file of files.filter(({ isFirst }) => !isFirst).toSorted((a, b) => b.gzipBytes - a.gzipBytes))
      row(`${place}: ${contentOf(file)}`, file.gzipBytes);
  }
  return total <= PAGE_BUDGET;
}
