import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_RECORDING } from '../../demo/data/recording.ts';
import type { DemoPage } from '../../scripts/demo-check/open-page.ts';
import { memoryStore, type RunStore, zipRun } from '../../src/index.ts';
import { type DemoSession, expectAlive, fragmentOf, openDemo, PATIENCE, SMALL_RECIPE } from './demo-session.ts';

let session: DemoSession;

beforeAll(async () => {
  session = await openDemo();
}, PATIENCE);
afterAll(() => session.close());
afterEach(() => {
  session.fault.recording = undefined;
  session.fault.worker = '';
});

const noticeOf = ({ page }: DemoPage) => page.locator('.notice');

describe('a link', () => {
  const good = { task: 'make-the-number', a: 'grpo', b: 'kl_cov', lr: '1e-4', seeds: '1', seed: '5' };

  it('sets the controls', { timeout: PATIENCE }, async () => {
    const demo = await session.open(fragmentOf(good));
    await noticeOf(demo).filter({ hasText: 'The controls are set as the link says' }).waitFor();
    expect(await demo.page.getByRole('combobox', { name: 'B', exact: true }).inputValue()).toBe('kl_cov');
    expect(await demo.page.getByRole('combobox', { name: 'Learning rate' }).inputValue()).toBe('0.0001');
    await demo.page.close();
  });

  const markup = '<img src=x onerror="globalThis.hacked=1"><script>globalThis.hacked=1</script>';
  const fileOfPrompts = SMALL_RECIPE.replace('data: { task: make_the_number }', 'data: { train: https://elsewhere.example/prompts.jsonl }').replace(
    /^eval:.*\n/m,
    '',
  );
  it.each([
    ['broken encoding', 'run=%E0%A4%A', 'percent-encoded'],
    ['words that no link has', 'run=%25E0%25A4%25A', 'expected parts of task, a, b'],
    ['markup for a task', fragmentOf({ ...good, task: markup }), '<img src=x'],
    ['markup for a weight', fragmentOf({ ...good, weight: markup }), 'got “<”. Nothing of the link was used'],
    ['code for a weight', fragmentOf({ ...good, weight: 'constructor.constructor("globalThis.hacked=1")()' }), 'weight: '],
    ['a variant that nobody has', fragmentOf({ ...good, b: '__proto__' }), 'got "__proto__"'],
    ['a number out of bounds', fragmentOf({ ...good, lr: '-1' }), 'lr: expected a number from 0 to 1, got "-1"'],
    ['no number', fragmentOf({ ...good, seed: 'Infinity' }), 'seed: expected a number'],
    ['a page of text', fragmentOf({ ...good, recipe: 'x'.repeat(9000) }), 'expected at most 8000 characters'],
    [
      'a model elsewhere',
      fragmentOf({ ...good, recipe: SMALL_RECIPE.replace('models/make-the-number', 'https://elsewhere.example/model') }),
      'expected model.path models/make-the-number',
    ],
    ['prompts elsewhere', fragmentOf({ ...good, recipe: fileOfPrompts }), 'expected a built-in data.task'],
    ['code for a reward', fragmentOf({ ...good, recipe: SMALL_RECIPE.replace('use: make_the_number', 'use: evil.ts:steal') }), 'evil.ts:steal'],
    ['no recipe', fragmentOf({ ...good, recipe: `${markup}: [` }), 'recipe.yaml'],
  ])('with %s is refused in words; nothing of it is run, fetched or used', { timeout: PATIENCE }, async (_, fragment, message) => {
    const demo = await session.open();
    const foreign: string[] = [];
    demo.page.on('request', (request) => !request.url().startsWith(session.site.url) && !/^(data|blob):/.test(request.url()) && foreign.push(request.url()));
    await demo.page.goto('about:blank');
    await demo.page.goto(`${session.site.url}#${fragment}`);
    await noticeOf(demo).filter({ hasText: message }).waitFor();
    expect(await noticeOf(demo).locator('img, script').count()).toBe(0);
    expect(await demo.page.evaluate(() => 'hacked' in globalThis)).toBe(false);
    expect(await demo.page.getByRole('combobox', { name: 'B', exact: true }).inputValue()).toBe('clip_cov');
    expect([foreign, demo.uncaught]).toEqual([[], []]);
    await demo.page.waitForFunction(() => document.querySelector('.river path') !== null);
    await demo.page.close();
  });
});

const rows = (count: number): string =>
  Array.from({ length: count }, (_, i) => `${JSON.stringify({ step: i, reward: 0.25 + i / 100, entropy: 1 - i / 50 })}\n`).join('');

const described = { 'recipe.yaml': SMALL_RECIPE, 'config.resolved.yaml': SMALL_RECIPE };

describe('a file that is opened', () => {
  const chooser = 'input[accept*=".zip"]';

  async function zipOf(files: Readonly<Record<string, string>>): Promise<Buffer> {
    const store: RunStore = memoryStore();
    for (const [path, text] of Object.entries(files)) await store.write(path, text);
    const parts: Uint8Array[] = [];
    for await (const part of zipRun(store)) parts.push(part);
    return Buffer.concat(parts);
  }

  it('and is none, is torn or is damaged, is refused in words; a whole one is shown', { timeout: PATIENCE }, async () => {
    const demo = await session.open();
    const { page } = demo;
    await page.waitForFunction(() => document.querySelector('.river path') !== null);
    const whole = await zipOf({ ...described, 'metrics.jsonl': rows(6) });
    const offered: readonly (readonly [string, Buffer, string])[] = [
      ['picture.zip', readFileSync(join(session.site.folder, 'icon.svg')), 'picture.zip: expected the zip of a run, got another kind of file.'],
      ['empty.zip', Buffer.alloc(0), 'expected the zip of a run'],
      ['torn.zip', whole.subarray(0, whole.length - 60), 'zip: expected one that can be read'],
      ['other.zip', await zipOf({ 'readme.txt': 'no run' }), 'expected a run with its config.resolved.yaml'],
      [
        'damaged.zip',
        await zipOf({ ...described, 'metrics.jsonl': `{"step":1}\n{"ste<b>\n${rows(3)}` }),
        'damaged.zip/metrics.jsonl:2: expected a JSON object, got "{\\"ste<b>"',
      ],
    ];
    for (const [name, buffer, message] of offered) {
      await page.setInputFiles(chooser, { name, mimeType: 'application/zip', buffer });
      await noticeOf(demo).filter({ hasText: message }).waitFor();
      expect(await page.locator('.origin').textContent(), name).toContain('A recorded run');
    }
    await expectAlive(page);
    await page.setInputFiles(chooser, { name: 'grpo.zip', mimeType: 'application/zip', buffer: whole });
    await page.locator('.origin', { hasText: 'Opened from grpo.zip: 5 steps' }).waitFor();
    await page.locator('.chart').first().waitFor();
    expect(demo.uncaught).toEqual([]);
    await page.close();
  });
});

describe('a run’s folder, as Node leaves it', () => {
  it('is opened too', { timeout: PATIENCE }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'entrain-run-'));
    for (const [name, text] of Object.entries({ ...described, 'metrics.jsonl': rows(4) })) writeFileSync(join(folder, name), text);
    const demo = await session.open();
    await demo.page.waitForFunction(() => document.querySelector('.river path') !== null);
    await demo.page.setInputFiles('input[webkitdirectory]', folder);
    await demo.page.locator('.origin', { hasText: '3 steps' }).waitFor();
    expect(demo.uncaught).toEqual([]);
    await demo.page.close();
    rmSync(folder, { recursive: true });
  });
});

describe('a recording', () => {
  it.each([
    ['missing', (): Buffer | null => null, 'expected a file, got status 404'],
    ['torn', (): Buffer | null => readFileSync(join(session.site.folder, DEFAULT_RECORDING)).subarray(0, 9000), 'expected a whole gzip file'],
    ['another', (): Buffer | null => Buffer.from('<!doctype html><title>moved</title>'), 'expected a file of npm run demo:record'],
  ])('that is %s: the page says so and can still train', { timeout: PATIENCE }, async (_, given, message) => {
    session.fault.recording = given();
    const demo = await session.open();
    await noticeOf(demo).filter({ hasText: message }).waitFor();
    await demo.page.locator('.train button.main:enabled').waitFor();
    expect(demo.uncaught).toEqual([]);
    await demo.page.close();
  });
});

describe('training in the page', () => {
  it('storage refused: said in place, with a way to train without it', { timeout: PATIENCE }, async () => {
    session.fault.worker = "navigator.storage.getDirectory = () => Promise.reject(new DOMException('Storage is disabled', 'SecurityError'));";
    const demo = await session.open(fragmentOf({ task: 'make-the-number', a: 'grpo', b: 'clip_cov', recipe: SMALL_RECIPE }));
    await noticeOf(demo).filter({ hasText: 'The controls are set' }).waitFor();
    await demo.train();
    await demo.page.locator('.progress', { hasText: 'browser storage: expected to open it, got a refusal' }).waitFor({ timeout: PATIENCE });
    await expectAlive(demo.page);
    await demo.page.evaluate(() => void (recorder.said.length = 0)); // else the next wait ends at this failure
    await demo.page.getByRole('button', { name: 'Train without keeping the runs', exact: true }).click();
    await demo.page.locator('.origin', { hasText: 'Training here on' }).waitFor({ timeout: PATIENCE });
    await demo.step(0, 1, PATIENCE);
    expect([...session.site.missing].filter((name) => name.startsWith('models/'))).toEqual([]);
    expect(demo.uncaught).toEqual([]);
    await demo.page.close();
  });
});
