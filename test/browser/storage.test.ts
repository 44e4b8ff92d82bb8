import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Watched } from './page/runs.ts';
import { openSession, type Session, SMALL_RECIPE, timeless } from './session.ts';

let session: Session;
let page: Page;
let whole: Watched;

beforeAll(async () => {
  session = await openSession();
  page = await session.open();
  whole = await finish('whole');
});
afterAll(() => session.close());

const OVERRIDES = ['checkpoint.every=1', 'steps=3'];
const finish = (name: string, overrides: readonly string[] = OVERRIDES, fault?: string): Promise<Watched> =>
  page.evaluate(([called, asked]) => harness.runs.finish(called, asked), [
    name,
    { recipe: SMALL_RECIPE, overrides, ...(fault !== undefined && { fault }) },
  ] as const);
const rowsOnDisk = async (name: string): Promise<Record<string, unknown>[]> => {
  const text = await page.evaluate((path) => harness.storage.text(path), `runs/tests/${name}/metrics.jsonl`);
  return (text ?? '')
    .trim()
    .split('\n')
    .map((line) => timeless(JSON.parse(line) as Record<string, unknown>));
};

/** Starts a run in which the tab is lost at a certain place, and waits until it was. */
async function loseTab(name: string, fault: string, rows: number): Promise<void> {
  await page.evaluate(([called, asked]) => harness.runs.start(called, asked), [name, { recipe: SMALL_RECIPE, overrides: OVERRIDES, fault }] as const);
  await page.waitForFunction(([called, count]) => harness.runs.steps(called) >= count, [name, rows] as const, { timeout: 60_000 });
  await page.waitForTimeout(1000);
  await page.close();
  page = await session.open();
}

describe('the browser’s storage', () => {
  it('keeps the contract of a store in a page and in a worker', async () => {
    expect(await page.evaluate(() => harness.storage.checkInPage())).toEqual([]);
    expect(await page.evaluate(() => harness.storage.checkInWorker())).toEqual([]);
  });
});

describe('a tab that is lost', () => {
  it.each([
    ['before the manifest of a save was written', 'crash in a save', 2, 'step_1'],
    ['while a save was put in its place', 'crash in a rename', 1, null],
  ] as const)('%s loses nothing that was saved', async (title, fault, rows, kept) => {
    const name = fault.replaceAll(' ', '-');
    await loseTab(name, fault, rows);
    const tree = Object.keys(await page.evaluate((folder) => harness.storage.tree(folder), `runs/tests/${name}`));
    expect(tree.filter((path) => /step_2\/|\.tmp/.test(path)).length, title).toBeGreaterThan(0);
    const after = await finish(name);
    expect(after.state).toBe('done at 3');
    expect(after.opened?.attempt).toBe(2);
    expect(after.rows[0]?.['step']).toBe(kept === null ? 1 : 2);
    expect(await rowsOnDisk(name)).toEqual(whole.rows.map(timeless));
  });

  it('at any other moment loses nothing that was saved either', async () => {
    await page.evaluate(([called, asked]) => harness.runs.start(called, asked), ['closed', { recipe: SMALL_RECIPE, overrides: OVERRIDES }] as const);
    await page.waitForFunction(() => harness.runs.steps('closed') === 1, undefined, { timeout: 60_000 });
    await page.close();
    page = await session.open();
    expect((await finish('closed')).state).toBe('done at 3');
    expect(await rowsOnDisk('closed')).toEqual(whole.rows.map(timeless));
  });
});

describe('storage that is full or refused', () => {
  it('full: says so, keeps what was saved, and goes on when there is room', async () => {
    const { state, error } = await finish('full', OVERRIDES, 'storage full');
    expect(state).toBe('failed');
    expect(error).toEqual({
      kind: 'DataError',
      message:
        'browser storage: runs/tests/full/checkpoints/.tmp-step_2/config.json: expected to write it, got a full storage. Everything saved before is intact: remove old runs or free space on the disk, and start the same run again.',
    });
    expect(await page.evaluate(() => harness.storage.text('runs/tests/full/checkpoints/latest'))).toBe('step_1\n');
    expect(await page.evaluate(() => harness.storage.text('runs/tests/full/logs/attempt_1.log'))).toContain('got a full storage');
    expect((await finish('full')).state).toBe('done at 3');
    expect(await rowsOnDisk('full')).toEqual(whole.rows.map(timeless));
  });

  it('nearly full: says before it writes that a checkpoint does not fit', async () => {
    const { state, error } = await finish('small', OVERRIDES, 'little storage');
    expect([state, error?.kind]).toEqual(['failed', 'DataError']);
    expect(error?.message).toMatch(
      /expected \d+ free bytes for a checkpoint, got 1000\. Free some space and run the same command again; earlier checkpoints are intact\./,
    );
  });

  it('refused: says so before anything is trained', async () => {
    const { state, error, rows } = await finish('denied', OVERRIDES, 'storage denied');
    expect([state, rows.length]).toEqual(['failed', 0]);
    expect(error).toEqual({
      kind: 'DataError',
      message:
        'browser storage: expected to open it, got a refusal. The browser keeps its storage from this page (a private window, or blocked site data): allow site data, or train without saving.',
    });
  });
});

describe('a checkpoint', () => {
  it('of a newer version is refused by name, and left as it is', async () => {
    const path = 'runs/tests/newer/checkpoints/step_3/state.json';
    await finish('newer');
    const state = JSON.parse((await page.evaluate((file) => harness.storage.text(file), path))!) as object;
    const manifestPath = path.replace('state.json', 'manifest.json');
    const manifest = JSON.parse((await page.evaluate((file) => harness.storage.text(file), manifestPath))!) as {
      files: Record<string, { bytes: number; sha256: string }>;
    };
    const text = JSON.stringify({ ...state, version: 99 });
    const sha256 = Buffer.from(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))).toString('hex');
    manifest.files['state.json'] = { bytes: text.length, sha256 };
    await page.evaluate(([file, content]) => harness.storage.write(file, content), [path, text] as const);
    await page.evaluate(([file, content]) => harness.storage.write(file, content), [manifestPath, JSON.stringify(manifest)] as const);
    const { state: end, error } = await finish('newer', [...OVERRIDES.slice(0, 1), 'steps=4']);
    expect([end, error?.kind]).toEqual(['failed', 'DataError']);
    expect(error?.message).toContain('checkpoints/step_3: expected a checkpoint of version 1, got 99. Resume with the version of Entrain that wrote it');
    expect(await page.evaluate((file) => harness.storage.text(file), path)).toBe(text);
  });

  it('that was damaged is passed over for the one before', async () => {
    await finish('damaged');
    await page.evaluate(() => harness.storage.write('runs/tests/damaged/checkpoints/step_3/model.safetensors', 'damaged'));
    const { state, said, rows } = await finish('damaged');
    expect([state, rows.map(({ step }) => step)]).toEqual(['done at 3', [3]]);
    expect(said.join('\n')).toMatch(/passed over .*step_3: expected model\.safetensors of \d+ bytes, got 7/);
    expect(session.uncaught).toEqual([]);
  });
});
