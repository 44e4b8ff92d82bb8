import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunAsked, Watched } from './page/runs.ts';
import { openSession, passedInBrowser, type Session, SMALL_RECIPE, timeless } from './session.ts';

let session: Session;
let page: Page;

beforeAll(async () => {
  session = await openSession();
  page = await session.open();
});
afterAll(() => session.close());

const finish = (name: string, asked: Partial<RunAsked>): Promise<Watched> =>
  page.evaluate(([called, request]) => harness.runs.finish(called, request), [name, { recipe: SMALL_RECIPE, ...asked }] as const);

describe('a browser that lacks something', () => {
  it.each([
    ['no WebGPU', 'WebGPU: expected a browser that has it, got one without. Use a current Chrome, Edge, Firefox or Safari'],
    ['no adapter', 'WebGPU: expected the browser to offer an adapter, got none.'],
    ['low limit', 'google swiftshader: expected at least 8 storage buffers a stage, got 4.'],
  ])('%s: the run says so and the page lives', async (fault, message) => {
    const { state, error, rows } = await finish(fault.replaceAll(' ', '-'), { fault });
    expect([state, rows.length, error?.kind]).toEqual(['failed', 0, 'DeviceError']);
    expect(error?.message).toContain(message);
    expect(await page.evaluate(() => document.readyState)).toBe('complete');
  });
});

describe('a device that is lost', () => {
  it('when the browser’s GPU process dies: says so, and the same run goes on from its checkpoint', async () => {
    const overrides = ['checkpoint.every=1', 'steps=6'];
    await page.evaluate(([called, asked]) => harness.runs.start(called, asked), ['lost', { recipe: SMALL_RECIPE, overrides }] as const);
    await page.waitForFunction(() => harness.runs.steps('lost') === 2, undefined, { timeout: 60_000 });
    const devtools = await session.browser.context.browser()!.newBrowserCDPSession();
    await devtools.send('Browser.crashGpuProcess');
    const lost = await page.evaluate(() => harness.runs.ended('lost'));
    expect([lost.state, lost.error?.kind]).toEqual(['failed', 'DeviceError']);
    expect(lost.error?.message).toMatch(
      /^device google swiftshader: expected to keep it, lost it \(\w+\): .+ Run the same command again to resume from the last checkpoint/,
    );
    const after = await finish('lost', { overrides });
    expect(after.state).toBe('done at 6');
    expect(after.opened?.attempt).toBe(2);
    const undisturbed = await finish('undisturbed', { overrides });
    const text = await page.evaluate(() => harness.storage.text('runs/tests/lost/metrics.jsonl'));
    const rows = text!
      .trim()
      .split('\n')
      .map((line) => timeless(JSON.parse(line) as Record<string, unknown>));
    expect(rows).toEqual(undisturbed.rows.map(timeless));
  });
});

describe('a request that cannot be met', () => {
  it('names the recipe’s faults with their lines, and starts nothing', async () => {
    const { state, error } = await finish('wrong', { recipe: `${SMALL_RECIPE}stepz: 3\n` });
    expect([state, error?.kind]).toEqual(['refused', 'RecipeError']);
    expect(error?.message).toMatch(/wrong\.yaml:\d+:1 stepz: .*steps/);
  });

  it('names the file that is missing', async () => {
    const { state, error } = await finish('nowhere', { overrides: ['model.path=models/nowhere'] });
    expect([state, error?.kind]).toEqual(['failed', 'DataError']);
    expect(error?.message).toContain('models/nowhere/config.json: expected a file, got none.');
  });

  it('runs no code that a recipe names', async () => {
    const { state, error } = await finish('code', { overrides: ['reward.0.use=evil.ts:steal'] });
    expect([state, error?.kind]).toEqual(['failed', 'RecipeError']);
    expect(error?.message).toContain('A page runs no code that a recipe names');
  });

  it('names a worker’s script that does not load', async () => {
    expect(await page.evaluate((recipe) => harness.runs.withoutScript(recipe), SMALL_RECIPE)).toMatch(
      /the run's worker: expected it to run, got: a script that does not load\./,
    );
    expect(session.uncaught).toEqual([]);
    passedInBrowser(session, 'failures', 'named, and nothing saved lost');
  });
});
