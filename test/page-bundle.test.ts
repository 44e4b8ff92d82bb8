/** What a bundler makes of the browser entry: nothing of Node in it, readers of files apart, and within its budget. */

import { beforeAll, describe, expect, it } from 'vitest';
import { bundle, libraryFiles, PAGE_BUDGET, type PageFile, pageFiles, workerFiles } from '../scripts/page-size.ts';

let page: PageFile[];
let worker: PageFile[];
let library: PageFile[];

beforeAll(async () => {
  page = await pageFiles();
  worker = await workerFiles();
  library = await libraryFiles();
}, 120_000);

const first = (files: readonly PageFile[]): PageFile[] => files.filter(({ isFirst }) => isFirst);

/** What of Node is in files: modules that are of it or stand in for it, and in the code its imports and globals. */
function tracesOfNode(files: readonly PageFile[]): string[] {
  const foreign = /-(node|deno)\.ts$|^node_modules\/(webgpu|commander|log-update|picocolors)\/|browser-external/;
  const traces =
    /(?:from|import|require)\s*\(?\s*["'`](?:node:|webgpu["'`])|\bprocess\s*\.\s*\w|\b__dirname\b|\bBuffer\s*\.\s*\w|\bcreateRequire\b|\bDeno\s*\.\s*\w/g;
  const modules = files.flatMap((file) => file.modules.filter((id) => foreign.test(id)));
  return [
    ...modules,
    ...files.flatMap(({ imports }) => imports),
    ...files.flatMap(({ name, code }) => (code.match(traces) ?? []).map((trace) => `${name}: ${trace}`)),
  ];
}

describe('the bundle of page and worker', () => {
  it('holds nothing of Node, and no binding of WebGPU', () => {
    expect(tracesOfNode([...page, ...worker])).toEqual([]);
    expect(page.length + worker.length).toBeGreaterThan(5);
  });

  it('would be found out if it did', async () => {
    const files = await bundle(`export { nodeStore } from '/src/trainer/run-store-node.ts'; export const load = () => import('webgpu');`);
    const traces = tracesOfNode(files);
    for (const wanted of ['src/trainer/run-store-node.ts', '__vite-browser-external:node:path', 'node_modules/webgpu/index.js', 'virtual_entry: process.p'])
      expect(traces).toContain(wanted);
  });

  it('loads the readers of files only when one is read', () => {
    const readers =
      /^node_modules\/(yaml|@huggingface\/\w+|fflate|hyparquet[\w-]*)\/|^src\/tokenizer\/(tokenizer|chat-template|jinja)\.ts|^src\/data\/jsonl\.ts|^src\/trainer\/report\/|gguf/;
    expect([...first(page), ...first(worker)].flatMap(({ modules }) => modules.filter((id) => readers.test(id)))).toEqual([]);
    const later = [...page, ...worker].filter(({ isFirst }) => !isFirst).flatMap(({ modules }) => modules);
    for (const reader of ['yaml', '@huggingface/tokenizers', '@huggingface/jinja', 'fflate'])
      expect(
        later.some((id) => id.startsWith(`node_modules/${reader}/`)),
        reader,
      ).toBe(true);
  });

  it('keeps the engine out of the page itself', () => {
    expect(first(page).flatMap(({ modules }) => modules.filter((id) => /^src\/(kernels|model|algorithms|rollout|engines|optim)\//.test(id)))).toEqual([]);
  });

  it(`is at most ${PAGE_BUDGET / 1024} KB of gzip: engine, algorithms, recipe and WGSL`, () => {
    const bytes = first(library).reduce((sum, { gzipBytes }) => sum + gzipBytes, 0);
    expect(bytes).toBeLessThanOrEqual(PAGE_BUDGET);
    expect(bytes).toBeGreaterThan(PAGE_BUDGET / 4);
    expect(first(library).flatMap(({ modules }) => modules)).toEqual(
      expect.arrayContaining(['src/gpu/shaders.generated.ts', 'src/algorithms/grpo.ts', 'src/recipe/read.ts', 'src/worker/run-worker.ts']),
    );
  });
});
