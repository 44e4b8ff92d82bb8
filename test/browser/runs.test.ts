import { readFileSync } from 'node:fs';
import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunAsked, Watched } from './page/runs.ts';
import { openSession, passedInBrowser, type Session, SMALL_RECIPE, timeless } from './session.ts';

let session: Session;
let page: Page;
/** What the run does when nothing disturbs it. */
let whole: Watched;

beforeAll(async () => {
  session = await openSession();
  page = await session.open();
  whole = await finish('whole');
});
afterAll(() => session.close());

const ask = (overrides: readonly string[] = [], rest: Partial<RunAsked> = {}): RunAsked => ({ recipe: SMALL_RECIPE, overrides, ...rest });
const finish = (name: string, overrides?: readonly string[], rest?: Partial<RunAsked>): Promise<Watched> =>
  page.evaluate(([called, asked]) => harness.runs.finish(called, asked), [name, ask(overrides, rest)] as const);
const start = (name: string, overrides?: readonly string[], rest?: Partial<RunAsked>): Promise<void> =>
  page.evaluate(([called, asked]) => harness.runs.start(called, asked), [name, ask(overrides, rest)] as const);
const ended = (name: string): Promise<Watched> => page.evaluate((called) => harness.runs.ended(called), name);
const reaches = (name: string, state: string): Promise<unknown> =>
  page.waitForFunction(([called, wanted]) => harness.runs.state(called) === wanted, [name, state] as const, { timeout: 60_000 });
const rowsOnDisk = async (name: string): Promise<Record<string, unknown>[]> => {
  const text = await page.evaluate((path) => harness.storage.text(path), `runs/tests/${name}/metrics.jsonl`);
  return (text ?? '')
    .trim()
    .split('\n')
    .map((line) => timeless(JSON.parse(line) as Record<string, unknown>));
};

describe('a whole run in a worker', () => {
  it('trains, evaluates and ends', () => {
    expect(whole.error).toBeNull();
    expect(whole.state).toBe('done at 4');
    expect(whole.opened?.adapter).toMatchObject({ kind: 'software', architecture: 'swiftshader' });
    expect(whole.rows.map(({ step }) => step)).toEqual([1, 2, 3, 4]);
    for (const row of whole.rows) expect(Object.values(row).filter((value) => typeof value === 'number' && !Number.isFinite(value))).toEqual([]);
    expect(whole.rows[3]).toHaveProperty(['eval/heldout/mean@1']);
    expect(whole.rows[0]?.['sampling/sampling_logp_difference/max']).toBeLessThan(1e-4);
  });

  it('leaves the tree that a run on disk leaves', async () => {
    const tree = Object.keys(await page.evaluate(() => harness.storage.tree('runs/tests/whole')));
    const checkpoint = [
      'config.json',
      'generation_config.json',
      'manifest.json',
      'model.safetensors',
      'optimizer.safetensors',
      'state.json',
      'tokenizer.json',
      'tokenizer_config.json',
    ];
    const expected = [
      ...['step_2', 'step_4'].flatMap((step) => checkpoint.map((file) => `checkpoints/${step}/${file}`)),
      'checkpoints/latest',
      ...[1, 2, 3, 4].map((step) => `completions/completions_0000${step}.jsonl`),
      ...['config.resolved.yaml', 'env.json', 'eval/eval_00002.jsonl', 'eval/eval_00004.jsonl', 'eval/summary.jsonl'],
      ...['logs/attempt_1.log', 'metrics.jsonl', 'recipe.yaml', 'report.html'],
    ];
    expect(tree.toSorted()).toEqual(expected.toSorted());
    expect(await rowsOnDisk('whole')).toEqual(whole.rows.map(timeless));
  });

  it('gives the same numbers again, kept in memory only', async () => {
    const again = await finish('again', [], { request: { keep: 'memory' } });
    expect(again.rows.map(timeless)).toEqual(whole.rows.map(timeless));
    expect(await page.evaluate(() => harness.storage.tree('runs/tests/again'))).toEqual({});
  });
});

describe('the default recipe', () => {
  it('takes its first steps as it stands', async () => {
    const recipe = readFileSync(new URL('../../examples/recipes/make-the-number.yaml', import.meta.url), 'utf8');
    const { state, rows, error } = await page.evaluate(([text, overrides]) => harness.runs.finish('default', { recipe: text, overrides }), [
      recipe,
      ['steps=3', 'eval.limit=8', 'eval.n=8', 'run.project=tests'],
    ] as const);
    expect([state, error]).toEqual(['done at 3', null]);
    expect(rows.map(({ step }) => step)).toEqual([0, 1, 2, 3]);
    expect(rows[1]).toMatchObject({ 'completions/clipped_ratio': expect.any(Number) as number });
    expect(rows[3]!['reward']).toBeGreaterThan(0.1);
    passedInBrowser(session, 'training', 'default recipe, 3 steps');
    console.log(
      `the default recipe in a worker of Chromium ${session.browser.version}: reward ${String(rows[3]!['reward'])}, entropy ${String(rows[3]!['entropy'])} at step 3`,
    );
  });
});

describe('a run that is held', () => {
  it('pauses after the step in progress, goes on, and ends with the same numbers', async () => {
    await start('paused');
    await page.waitForFunction(() => harness.runs.steps('paused') === 1);
    await page.evaluate(() => harness.runs.pause('paused'));
    await page.waitForFunction(() => harness.runs.state('paused').startsWith('paused'));
    const steps = await page.evaluate(() => harness.runs.steps('paused'));
    await page.waitForTimeout(1500);
    expect(await page.evaluate(() => harness.runs.steps('paused'))).toBe(steps);
    expect(await page.evaluate(() => harness.runs.state('paused'))).toBe(`paused at ${steps}`);
    await page.evaluate(() => harness.runs.continue('paused'));
    const { rows, state } = await ended('paused');
    expect(state).toBe('done at 4');
    expect(rows.map(timeless)).toEqual(whole.rows.map(timeless));
  });

  it('stops with a checkpoint, also while it is paused, and goes on from it', async () => {
    await start('stopped', ['checkpoint.every=100']);
    await page.waitForFunction(() => harness.runs.steps('stopped') === 1);
    await page.evaluate(() => harness.runs.pause('stopped'));
    await page.waitForFunction(() => harness.runs.state('stopped').startsWith('paused'));
    await page.evaluate(() => harness.runs.stop('stopped'));
    const { state, rows } = await ended('stopped');
    expect(state).toBe(`interrupted at ${rows.length}`);
    expect(await page.evaluate(() => harness.storage.text('runs/tests/stopped/checkpoints/latest'))).toBe(`step_${rows.length}\n`);
    const second = await finish('stopped', ['checkpoint.every=100']);
    expect(second.state).toBe('done at 4');
    expect(second.opened?.attempt).toBe(2);
    expect([...rows, ...second.rows].map(timeless)).toEqual(whole.rows.map(timeless));
  });

  it('goes on after the page was reloaded in the middle', async () => {
    await start('reloaded', ['checkpoint.every=1']);
    await page.waitForFunction(() => harness.runs.steps('reloaded') === 2, undefined, { timeout: 60_000 });
    await page.reload();
    await page.waitForFunction(() => 'harness' in globalThis);
    const { state, rows } = await finish('reloaded', ['checkpoint.every=1']);
    expect(state).toBe('done at 4');
    expect(rows.length).toBeLessThan(4);
    expect(await rowsOnDisk('reloaded')).toEqual(whole.rows.map(timeless));
  });

  it('is one tab’s at a time', async () => {
    await start('shared');
    await reaches('shared', 'running');
    const other = await session.open();
    const { state, error } = await other.evaluate(([called, asked]) => harness.runs.finish(called, asked), ['shared', ask()] as const);
    expect(state).toBe('failed');
    expect(error).toEqual({
      kind: 'DataError',
      message: 'runs/tests/shared: expected a run folder nobody uses, got one that another tab trains in. Watch it there, stop it, or choose another run.name.',
    });
    await other.close();
    expect((await ended('shared')).state).toBe('done at 4');
  });

  it('starts over beside the earlier one when asked to', async () => {
    const { state, said } = await finish('again-fresh', ['steps=1']);
    expect([state, said.some((line) => line.includes('kept in'))]).toEqual(['done at 1', false]);
    const fresh = await finish('again-fresh', ['steps=1', 'seed=4'], { request: { fresh: true } });
    expect([fresh.state, fresh.opened?.attempt]).toEqual(['done at 1', 1]);
    expect(fresh.said).toContain('note: the earlier run is kept in runs/tests/again-fresh.1');
    expect(await page.evaluate(() => harness.storage.text('runs/tests/again-fresh.1/metrics.jsonl'))).toContain('"step":1');
  });

  it('is not resumed with another recipe', async () => {
    const { state, error } = await finish('whole', ['steps=5', 'optim.lr=1e-3']);
    expect([state, error?.kind]).toEqual(['failed', 'RecipeError']);
    expect(error?.message).toContain('optim.lr: expected 0.0002, as in the run that is resumed, got 0.001');
    expect(session.uncaught).toEqual([]);
    passedInBrowser(session, 'run control', 'pause, stop, resume, reload');
  });
});
