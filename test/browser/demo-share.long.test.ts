import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DemoPage } from '../../scripts/demo-check/open-page.ts';
import { unzipRun } from '../../src/index.ts';
import { nodeStore } from '../../src/trainer/run-store-node.ts';
import { type DemoSession, fragmentOf, openDemo, PATIENCE, SMALL_RECIPE } from './demo-session.ts';
import { entrain } from './processes.ts';

let session: DemoSession;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'entrain-demo-share-'));
  session = await openDemo();
}, PATIENCE);
afterAll(async () => {
  await session.close();
  rmSync(folder, { recursive: true, force: true });
});

async function openLink(more: Readonly<Record<string, string>>): Promise<DemoPage> {
  const demo = await session.open(fragmentOf({ task: 'make-the-number', a: 'grpo', b: 'clip_cov', lr: '3e-4', seeds: '1', seed: '7', ...more }));
  await demo.page.locator('.notice', { hasText: 'The controls are set' }).waitFor();
  return demo;
}

const ended = (page: Page): Promise<void> => page.locator('.progress', { hasText: 'Trained after' }).waitFor({ timeout: PATIENCE });
const stepsIn = (path: string): number[] =>
  readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .flatMap((line) => (JSON.parse(line) as { readonly step?: number }).step ?? []);

describe('a run that leaves the page', () => {
  it('goes on in Node, and what Node made of it is opened here again', { timeout: PATIENCE }, async () => {
    const demo = await openLink({ recipe: SMALL_RECIPE.replace('steps: 12', 'steps: 3') });
    const { page } = demo;
    await demo.train();
    await ended(page);
    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save clip-cov-b-seed-7', exact: true }).click();
    const run = join(folder, 'demo', 'clip-cov-b-seed-7');
    mkdirSync(run, { recursive: true });
    await unzipRun(new Uint8Array(readFileSync(await (await saved).path())), nodeStore(run));
    expect(stepsIn(join(run, 'metrics.jsonl')).at(-1)).toBe(3);

    const { code, output } = await entrain(['train', join(run, 'config.resolved.yaml'), 'steps=5', `run.dir=${folder}`, '--adapter', 'swiftshader', '--quiet']);
    expect(code, output).toBe(0);
    expect(stepsIn(join(run, 'metrics.jsonl'))).toEqual([0, 1, 2, 3, 4, 5]);
    await page.setInputFiles('input[webkitdirectory]', run);
    await page.locator('.origin', { hasText: 'Opened from clip-cov-b-seed-7: 5 steps' }).waitFor();
    await page.locator('.chart').first().waitFor();
    expect(demo.uncaught).toEqual([]);
    await page.close();
  });
});

describe('three seeds', () => {
  it('train each side in turn, and the charts show all', { timeout: PATIENCE }, async () => {
    const demo = await openLink({ seeds: '3', recipe: SMALL_RECIPE.replace('steps: 12', 'steps: 2') });
    const { page } = demo;
    await demo.train();
    await ended(page);
    const order = await page.evaluate(() => recorder.steps.filter(({ step }) => step === 2).map(({ run }) => run));
    expect(order).toEqual([0, 1, 2, 3, 4, 5]);
    const opened = await page.evaluate(() => recorder.said.find(({ kind }) => kind === 'opened'));
    expect(opened?.kind === 'opened' && opened.opened.tracks.map(({ side, seed }) => `${side}${seed}`)).toEqual(['A7', 'B7', 'A8', 'B8', 'A9', 'B9']);
    await page.locator('.narrator', { hasText: 'Seed 9, one of 3; the charts show all.' }).waitFor();
    expect(demo.uncaught).toEqual([]);
    await page.close();
  });
});

describe('the target entropy', () => {
  it('is taken up by B at its next step while it trains, and let go again', { timeout: PATIENCE }, async () => {
    const demo = await openLink({ recipe: SMALL_RECIPE });
    const { page } = demo;
    const target = page.getByRole('slider', { name: /Target entropy/ });
    const lastOf = (run: number): Promise<number> =>
      page.evaluate((of) => Math.max(...recorder.steps.filter((seen) => seen.run === of).map(({ step }) => step)), run);
    const coefficient = async (run: number, step: number): Promise<number | undefined> => (await demo.step(run, step, PATIENCE)).metrics['entropy_coef'];
    await demo.train();
    await demo.step(1, 2, PATIENCE);
    await target.fill('1.2');
    await page.locator('.river-block', { hasText: 'Clip-Cov, H → 1.20' }).waitFor({ timeout: PATIENCE });
    const from = (await lastOf(1)) + 2;
    expect(await coefficient(1, from)).toBeGreaterThan(0);
    expect((await coefficient(0, from)) ?? 0).toBe(0);
    await target.fill('0');
    await page.locator('.river-block h2', { hasText: /^B Clip-Cov$/ }).waitFor({ timeout: PATIENCE });
    const to = (await lastOf(1)) + 2;
    expect((await coefficient(1, to)) ?? 0).toBe(0);
    expect(demo.uncaught).toEqual([]);
    await page.close();
  });
});
