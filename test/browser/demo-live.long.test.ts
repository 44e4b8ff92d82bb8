import { readFileSync } from 'node:fs';
import type { Page } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { DemoPage } from '../../scripts/demo-check/open-page.ts';
import type { SeenStep } from '../../scripts/demo-check/page-recorder.ts';
import { memoryStore, unzipRun } from '../../src/index.ts';
import { readText } from '../../src/trainer/run-store.ts';
import { agreesTo4Digits, type DemoSession, expectAlive, fragmentOf, openDemo, PATIENCE, shownNumber, SMALL_RECIPE } from './demo-session.ts';
import { timeless } from './session.ts';

let session: DemoSession;

beforeAll(async () => {
  session = await openDemo({ keepsTokens: true });
}, PATIENCE);
afterAll(() => session.close());
afterEach(() => {
  session.fault.worker = '';
});

const small = fragmentOf({ task: 'make-the-number', a: 'grpo', b: 'clip_cov', lr: '3e-4', seeds: '1', seed: '7', recipe: SMALL_RECIPE });

/** Opens a link and waits until its controls are set. */
async function openLink(fragment: string): Promise<DemoPage> {
  const demo = await session.open(fragment);
  await demo.page.locator('.notice', { hasText: 'The controls are set' }).waitFor();
  return demo;
}

const button = (page: Page, name: string) => page.locator('.train').getByRole('button', { name, exact: true });

/** Steps 0 to `last` of both runs, without what depends on the clock. */
async function firstSteps(demo: DemoPage, last: number): Promise<Record<string, unknown>[]> {
  await demo.step(0, last, PATIENCE);
  await demo.step(1, last, PATIENCE);
  const steps: SeenStep[] = await demo.page.evaluate(() => recorder.steps);
  const inOrder = steps.filter(({ step }) => step <= last).toSorted((a, b) => a.run - b.run || a.step - b.step);
  return inOrder.map(({ run, step, metrics }) => ({ run, step, ...timeless(metrics) }));
}

describe('training in the page', () => {
  it('is repeated by its link; pauses, takes a step, changes, stops; is saved and opened again', { timeout: 2 * PATIENCE }, async () => {
    const first = await openLink(small);
    await first.train();
    const rows = await firstSteps(first, 5);
    expect(rows.map(({ run, step }) => [run, step])).toEqual([0, 1].flatMap((run) => [0, 1, 2, 3, 4, 5].map((step) => [run, step])));
    await expectTooltips(first);
    await first.page.getByRole('button', { name: 'Copy link', exact: true }).click();
    await first.page.waitForFunction(() => location.hash.startsWith('#run='));
    const copied = await first.page.evaluate(() => location.hash.slice(1));
    await first.page.close();

    const second = await openLink(copied);
    const { page } = second;
    await second.train();
    expect(await firstSteps(second, 5)).toEqual(rows);

    await button(page, 'Pause').click();
    await button(page, 'Go on').waitFor({ timeout: PATIENCE });
    const done = (): Promise<number> => page.evaluate(() => recorder.steps.length);
    const paused = await done();
    await button(page, 'Step').click();
    await button(page, 'Go on').waitFor({ timeout: PATIENCE });
    await expect.poll(done, { timeout: PATIENCE }).toBe(paused + 2); // a step of each side
    await page.getByRole('combobox', { name: 'B', exact: true }).selectOption('entropy_bonus');
    await page.locator('.river-block', { hasText: 'Entropy bonus' }).waitFor({ timeout: PATIENCE });
    const changedAt = await page.evaluate(() => Math.max(...recorder.steps.filter(({ run }) => run === 1).map(({ step }) => step)) + 1);
    await button(page, 'Go on').click();
    await second.step(1, changedAt, PATIENCE);
    const pushes = await page.evaluate((step) => Array.from(recorder.batches.get(`1/${step}`)!.columns.entropyWeight), changedAt);
    expect(pushes.every((weight) => Math.abs(weight - 0.03) < 1e-6)).toBe(true);
    await button(page, 'Pause').click();
    await button(page, 'Go on').waitFor({ timeout: PATIENCE });
    await button(page, 'Stop').click();
    await page.locator('.progress', { hasText: 'Stopped after' }).waitFor({ timeout: PATIENCE });

    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save grpo-a-seed-7', exact: true }).click();
    const zip = readFileSync(await (await saved).path());
    const store = memoryStore();
    await unzipRun(new Uint8Array(zip), store);
    const text = (await readText(store, 'metrics.jsonl')) ?? '';
    const kept = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(kept.filter(({ step }) => Number(step) >= 1 && Number(step) <= 5).map(({ reward }) => reward)).toEqual(rows.slice(1, 6).map(({ reward }) => reward));
    await page.setInputFiles('input[accept*=".zip"]', { name: 'grpo-a-seed-7.zip', mimeType: 'application/zip', buffer: zip });
    await page.locator('.origin', { hasText: 'Opened from grpo-a-seed-7.zip' }).waitFor();
    expect(second.uncaught).toEqual([]);
    await page.close();
  });

  /** Ten tokens of a step that has just been trained, against what the worker said of it. */
  async function expectTooltips({ page }: DemoPage): Promise<void> {
    await page.locator('.timeline input').fill('4');
    await page.locator('.completions[data-steps="4,4"]').waitFor();
    for (let i = 0; i < 10; i++) {
      const run = i % 2;
      const token = page
        .locator('.completions .side')
        .nth(run)
        .locator('.token')
        .nth(i * 2);
      const at = Number(await token.getAttribute('data-at'));
      await token.hover();
      const shown = await page.locator(`.reading[data-at="${at}"] dd[data-name="ln p"]`).evaluate((item) => item.firstChild?.textContent ?? '');
      const exact = await page.evaluate(([of, place]) => recorder.batches.get(`${of}/4`)!.columns.logProb[place], [run, at] as const);
      expect(agreesTo4Digits(shownNumber(shown), exact!), `${shown} for ${exact}`).toBe(true);
    }
  }
});

describe('what a browser may do to a run', () => {
  it('storage full: said in place, and what was saved stays', { timeout: PATIENCE }, async () => {
    session.fault.worker = `{
      const { getFileHandle } = FileSystemDirectoryHandle.prototype;
      FileSystemDirectoryHandle.prototype.getFileHandle = function (name, options) {
        if (options?.create && this.name.includes('step_3')) return Promise.reject(new DOMException('The storage is full', 'QuotaExceededError'));
        return getFileHandle.call(this, name, options);
      };
    }`;
    const demo = await openLink(small);
    await demo.train();
    await demo.page.locator('.progress', { hasText: 'got a full storage. Everything saved before is intact' }).waitFor({ timeout: PATIENCE });
    await demo.page.getByRole('button', { name: 'Train without keeping the runs', exact: true }).waitFor();
    await expectAlive(demo.page);
    expect(demo.uncaught).toEqual([]);
    await demo.page.close();
  });

  it('too little device memory: said in place with what would help, and training can start again', { timeout: PATIENCE }, async () => {
    session.fault.worker = `{
      const { createBuffer } = GPUDevice.prototype;
      let made = 0;
      GPUDevice.prototype.createBuffer = function (descriptor) {
        const error = new GPUOutOfMemoryError('the buffer does not fit');
        if (++made === 40) queueMicrotask(() => this.dispatchEvent(new GPUUncapturedErrorEvent('uncapturederror', { error })));
        return createBuffer.call(this, descriptor);
      };
    }`;
    const demo = await openLink(small);
    await demo.train();
    await demo.page
      .locator('.progress', { hasText: 'expected the allocation to fit, ran out (the buffer does not fit). Lower batch.micro_tokens' })
      .waitFor({ timeout: PATIENCE });
    await expectAlive(demo.page);
    await demo.page.locator('.train button.main:enabled', { hasText: 'Train it here' }).waitFor();
    expect(demo.uncaught).toEqual([]);
    await demo.page.close();
  });

  it('a tab that was hidden says on return what happened meanwhile', { timeout: PATIENCE }, async () => {
    const demo = await openLink(small);
    const { page } = demo;
    await demo.train();
    await demo.step(1, 1, PATIENCE);
    const hide = (isHidden: boolean): Promise<void> =>
      page.evaluate((value) => {
        Object.defineProperty(document, 'hidden', { value, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
      }, isHidden);
    await hide(true);
    await demo.step(1, 3, PATIENCE);
    await hide(false);
    await page.locator('.notice', { hasText: /While this tab was hidden training went on: \d+ steps\./ }).waitFor();
    await page.close();
  });

  it('a device that is lost: said in place, the page lives, and training can start again', { timeout: PATIENCE }, async () => {
    const demo = await openLink(small);
    await demo.train();
    await demo.step(1, 1, PATIENCE);
    const devtools = await session.browser.context.browser()!.newBrowserCDPSession();
    await devtools.send('Browser.crashGpuProcess');
    await demo.page.locator('.progress', { hasText: 'expected to keep it, lost it' }).waitFor({ timeout: PATIENCE });
    await expectAlive(demo.page);
    await demo.page.evaluate(() => void (recorder.said.length = recorder.steps.length = 0));
    await demo.train();
    await demo.step(0, 1, PATIENCE);
    expect(demo.uncaught).toEqual([]);
    await demo.page.close();
  });
});
