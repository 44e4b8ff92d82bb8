import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadDawn } from '../../src/gpu/dawn-node.ts';
import { openDevice } from '../../src/gpu/open-device-node.ts';
import { readRecipe } from '../../src/recipe/read.ts';
import { nodeServices } from '../../src/recipe/services-node.ts';
import { unzipRun, zipRun } from '../../src/trainer/run-archive.ts';
import { nodeStore } from '../../src/trainer/run-store-node.ts';
import type { Watched } from './page/runs.ts';
import { entrain, entrainUnderDeno, type Ended, findDeno } from './processes.ts';
import { type RecordedRollout, replay } from './replay.ts';
import { openSession, passedInBrowser, type Session, SMALL_RECIPE, timeless } from './session.ts';

let session: Session;
let page: Page;
let folder: string;
let recipe: string;
/** Ten steps in the browser, undisturbed. */
let whole: Watched;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'entrain-exchange-'));
  recipe = join(folder, 'travels.yaml');
  writeFileSync(recipe, SMALL_RECIPE);
  session = await openSession();
  page = await session.open();
  whole = await inBrowser('whole', 10);
});
afterAll(async () => {
  await session.close();
  rmSync(folder, { recursive: true, force: true });
});

const inBrowser = (name: string, steps: number): Promise<Watched> =>
  page.evaluate(([called, asked]) => harness.runs.finish(called, asked), [name, { recipe: SMALL_RECIPE, overrides: [`steps=${steps}`] }] as const);
const words = (name: string, steps: number, adapter: string): string[] => [
  'train',
  recipe,
  `steps=${steps}`,
  `run.name=${name}`,
  `run.dir=${folder}`,
  '--adapter',
  adapter,
  '--quiet',
];
const inNode = async (name: string, steps: number, adapter = 'swiftshader'): Promise<void> => expectDone(await entrain(words(name, steps, adapter)));
const folderOf = (name: string): string => join(folder, 'tests', name);
const rowsIn = (text: string): Record<string, unknown>[] =>
  text
    .trim()
    .split('\n')
    .map((line) => timeless(JSON.parse(line) as Record<string, unknown>));
const fileOf = (name: string, path: string): Buffer => readFileSync(join(folderOf(name), path));
const storedFile = async (name: string, path: string): Promise<Buffer> =>
  Buffer.from(await page.evaluate((file) => harness.storage.base64(file), `runs/tests/${name}/${path}`), 'base64');

function expectDone({ code, output }: Ended): void {
  expect(output).not.toMatch(/fault of Entrain/);
  expect(code, output).toBe(0);
}

/** Bit for bit, the SwiftShader of both sides must be the same file; a system's Chromium brings its own. */
async function isSameSwiftShader(): Promise<boolean> {
  const manifest = (await loadDawn()).softwareVulkan()?.manifest;
  const own =
    manifest === undefined
      ? null
      : createHash('sha256')
          .update(readFileSync(join(dirname(manifest), 'libvk_swiftshader.so')))
          .digest('hex');
  const theirs = session.browser.program.swiftShader;
  if (own !== null && own === theirs) return true;
  console.log(
    `not run: bits of Node against those of Chromium ${session.browser.version} (${session.browser.program.origin}): its SwiftShader is ${theirs ?? 'inside its program'}, Node's is ${own ?? 'absent'}`,
  );
  return false;
}

describe('ten steps in Node and in Chromium', () => {
  it('are equal bit for bit where both compute with the same SwiftShader', async ({ skip }) => {
    if (!(await isSameSwiftShader())) skip('another SwiftShader');
    await inNode('whole', 10);
    const here = rowsIn(fileOf('whole', 'metrics.jsonl').toString());
    expect(whole.rows.map(timeless)).toEqual(here);
    for (const path of [
      'checkpoints/step_10/model.safetensors',
      'checkpoints/step_10/optimizer.safetensors',
      'completions/completions_00001.jsonl',
      'completions/completions_00010.jsonl',
    ]) {
      expect((await storedFile('whole', path)).equals(fileOf('whole', path)), `${path} has the same bytes`).toBe(true);
    }
    console.log(
      `parity: ten steps on the same SwiftShader (${session.browser.program.swiftShader?.slice(0, 16)}…) in Node ${process.versions.node} and Chromium ${session.browser.version}: ${Object.keys(here[0]!).length} metrics a step, weights, moments and completions equal bit for bit`,
    );
  });
});

describe('rollouts of one adapter fed to another', () => {
  it('get the same log-probs within 1e-4, and the first token that differs in a free run is named', async ({ skip }) => {
    const opened = await openDevice('lavapipe').catch((error: Error) => error);
    if (opened instanceof Error) {
      console.log(`not run: rollouts of lavapipe fed to Chromium and back (${opened.message})`);
      return skip('no lavapipe');
    }
    await inNode('lavapipe', 10, 'lavapipe');
    const path = 'completions/completions_00001.jsonl';
    const theirs = rolloutsIn(fileOf('lavapipe', path));
    const ours = rolloutsIn(await storedFile('whole', path));
    const there = await page.evaluate(([text, rollouts]) => harness.replay(text, rollouts), [SMALL_RECIPE, theirs] as const);
    const { recipe: read } = await readRecipe({ file: recipe, readText: (file) => Promise.resolve({ path: file, text: SMALL_RECIPE }) });
    const here = await replay(read, nodeServices(opened.device), ours);
    opened.device.close();
    expect(there.tokens).toBeGreaterThan(50);
    expect(there.largest).toBeLessThan(1e-4);
    expect(here.largest).toBeLessThan(1e-4);
    console.log(
      [
        `replay: ${there.tokens} tokens of Node on lavapipe in Chromium: at most ${there.largest.toExponential(1)} nats apart; ${here.tokens} of Chromium in Node on lavapipe: ${here.largest.toExponential(1)}`,
        `free running: ${await firstDifference()}`,
      ].join('\n'),
    );
  });
});

describe('a run that travels', () => {
  it('browser → Node → Deno → browser, as zip and as folder, ends with the metrics of one that stayed', async () => {
    const name = 'travels';
    expect((await inBrowser(name, 4)).state).toBe('done at 4');

    // To Node as a zip.
    const zip = Buffer.from(await page.evaluate((path) => harness.storage.zip(path), `runs/tests/${name}`), 'base64');
    await unzipRun(zip, nodeStore(folderOf(name)));
    await inNode(name, 6);
    expect(rowsIn(fileOf(name, 'metrics.jsonl').toString()).map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6]);

    const deno = findDeno();
    if (deno === undefined) console.log('not run: the leg of a travelling run under Deno (no deno on the path; set ENTRAIN_DENO)');
    else expectDone(await entrainUnderDeno(deno, words(name, 8, 'swiftshader'), folder));

    // Back as a folder, and once more as a zip that Node packed.
    await page.evaluate(([files, to]) => harness.storage.takeFolder(files, to), [filesIn(folderOf(name)), `runs/tests/${name}-folder`] as const);
    await page.evaluate(([packed, to]) => harness.storage.unzip(packed, to), [await zipped(name), `runs/tests/${name}-zip`] as const);
    for (const called of [`${name}-folder`, `${name}-zip`]) {
      const { state, opened } = await inBrowser(called, 10);
      expect([state, opened?.attempt]).toEqual(['done at 10', deno === undefined ? 3 : 4]);
      const rows = rowsIn((await storedFile(called, 'metrics.jsonl')).toString());
      expect(rows.map(({ step }) => step)).toEqual(whole.rows.map(({ step }) => step));
      if (await isSameSwiftShader()) {
        expect(rows).toEqual(whole.rows.map(timeless));
        expect(await storedFile(called, 'checkpoints/step_10/model.safetensors')).toEqual(await storedFile('whole', 'checkpoints/step_10/model.safetensors'));
      }
    }
    passedInBrowser(
      session,
      'parity and travel',
      `to Node${deno === undefined ? '' : ' and Deno'} and back${(await isSameSwiftShader()) ? ', bit for bit' : ''}`,
    );
    console.log(`travelled: Chromium to step 4, Node to 6, ${deno === undefined ? '' : 'Deno to 8, '}Chromium to 10, by zip and by folder`);
  });
});

function rolloutsIn(file: Buffer): RecordedRollout[] {
  return file
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as RecordedRollout);
}

/** Where two free runs part: Chromium on SwiftShader and Node on lavapipe. */
async function firstDifference(): Promise<string> {
  for (let step = 1; step <= 10; step++) {
    const path = `completions/completions_${String(step).padStart(5, '0')}.jsonl`;
    const [ours, theirs] = [rolloutsIn(await storedFile('whole', path)), rolloutsIn(fileOf('lavapipe', path))];
    for (const [row, { ids }] of ours.entries()) {
      const t = ids.findIndex((id, at) => id !== theirs[row]!.ids[at]);
      if (t >= 0) return `the first token that differs is ${t} of completion ${row} in step ${step}`;
    }
  }
  return 'no token of ten steps differs';
}

/** A folder's files as base64, by path. */
function filesIn(path: string): Record<string, string> {
  const names = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    names.map(({ parentPath, name }) => [join(parentPath, name).slice(path.length + 1), readFileSync(join(parentPath, name)).toString('base64')]),
  );
}

async function zipped(name: string): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of zipRun(nodeStore(folderOf(name)))) parts.push(part);
  return Buffer.concat(parts).toString('base64');
}
