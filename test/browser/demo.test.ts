import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AxeResults } from 'axe-core';
import type { TokenBatch } from '../../demo/data/frame.ts';
import { DEFAULT_RECORDING, type Recording } from '../../demo/data/recording.ts';
import { decodeRecording } from '../../demo/data/recording-file.ts';
import { BASE_OPTIONS } from '../../demo/lens/base-weights.ts';
import { FrozenBatch } from '../../demo/lens/frozen.ts';
import { VARIANTS } from '../../demo/lens/variants.ts';
import type { DemoPage } from '../../scripts/demo-check/open-page.ts';
import { createAlgorithm, Random } from '../../src/index.ts';
import { agreesTo4Digits, type DemoSession, openDemo, PATIENCE, shownNumber } from './demo-session.ts';

let session: DemoSession;
let recording: Recording;

beforeAll(async () => {
  session = await openDemo();
  recording = await decodeRecording(new Uint8Array(readFileSync(join(session.site.folder, DEFAULT_RECORDING))));
}, PATIENCE);
afterAll(() => session.close());

/** Opens the page and closes it, and expects that no error went uncaught on it. */
async function visit(fragment: string, look: (demo: DemoPage) => Promise<void>, first?: () => void): Promise<void> {
  const demo = await session.open(fragment, first);
  try {
    await look(demo);
    expect(demo.uncaught).toEqual([]);
  } finally {
    await demo.page.close();
  }
}

/** Waits until the recorded run is on the page, and moves to a step with keys. */
async function atStep(page: Page, step: number): Promise<void> {
  const playhead = page.locator('.timeline input');
  await page.waitForFunction(() => document.querySelector('.river path') !== null);
  await playhead.fill(String(step));
  await expect.poll(() => page.locator('.timeline output').textContent()).toContain(`${step}/`);
}

describe('the tour', () => {
  it('is walked with Tab, arrows and Enter alone', { timeout: PATIENCE }, () =>
    visit('', async ({ page }) => {
      await page.waitForFunction(() => document.querySelector('.river path') !== null);
      await tabTo(page, 'Tour');
      await page.keyboard.press('Enter');
      const stops = [
        ['Collapse', '.rivers'],
        ['Covariance', '.histogram'],
        ['Control', '.controls'],
        ['The law', '.law-chart'],
        ['Your own weight', '.own-weight'],
      ] as const;
      for (const [i, [title, target]] of stops.entries()) {
        await page.locator('#tour-title', { hasText: title }).waitFor();
        await page.locator(`${target}.pointed`).waitFor();
        expect(await page.evaluate(() => location.hash)).toMatch(/^#tour-/);
        expect(await page.evaluate(() => document.activeElement?.className)).toBe('tour');
        if (i < stops.length - 1) await page.keyboard.press(i % 2 === 0 ? 'ArrowRight' : 'Enter');
      }
      await page.keyboard.press('ArrowLeft');
      await page.locator('#tour-title', { hasText: 'The law' }).waitFor();
      await page.keyboard.press('ArrowRight');
      await page.locator('#own-weight').waitFor();
      await tabTo(page, 'own-weight');
      await page.keyboard.type('advantage * (1 - prob)');
      await page.locator('.variants tbody tr', { hasText: 'Your own weight' }).waitFor();
      await tabTo(page, 'Done');
      await page.keyboard.press('Enter');
      await page.locator('.tour').waitFor({ state: 'detached' });
      expect(await page.evaluate(() => location.hash)).toBe('#lens');
    }),
  );

  it('opens at the stop that its address names, and Escape ends it', { timeout: PATIENCE }, () =>
    visit('tour-law', async ({ page }) => {
      await page.locator('.law-chart.pointed').waitFor();
      await page.keyboard.press('Escape');
      await page.locator('.tour').waitFor({ state: 'detached' });
    }),
  );
});

/** Presses Tab until what has the focus is so called, by its text or its id. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let i = 0; i < 200; i++) {
    await page.keyboard.press('Tab');
    const [text, id] = await page.evaluate(() => [document.activeElement?.textContent ?? '', document.activeElement?.id ?? '']);
    if (text.trim() === name || id === name) return;
  }
  throw new Error(`Tab: expected to reach ${name}, got round the page.`);
}

/** The names that the page gives to columns of a batch. */
const READ = {
  entropy: 'entropy',
  'ln p': 'logProb',
  'ln p, sampled': 'oldLogProb',
  advantage: 'advantage',
  covariance: 'covariance',
  weight: 'weight',
  'predicted ΔH': 'predictedChange',
  'realised ΔH': 'realisedChange',
} as const;

describe('the numbers of a token', () => {
  it('are the recorded run’s, to four digits, for 50 tokens drawn at random', { timeout: PATIENCE }, () =>
    visit('', async ({ page }) => {
      const random = Random.seeded(11).fork('tooltips');
      const kept = recording.tracks[0].frames.filter(({ tokens }) => tokens !== null);
      let seen = 0;
      for (const round of [0, 1, 2, 3, 4]) {
        const { step } = kept[random.fork('step').below(kept.length, round)]!;
        await atStep(page, step);
        await page.locator(`.completions[data-steps="${step},${step}"]`).waitFor();
        for (let i = 0; i < 10; i++) {
          const side = i % 2;
          const batch = recording.tracks[side as 0 | 1].frames.find((frame) => frame.step === step)!.tokens!;
          const tokens = page.locator('.completions .side').nth(side).locator('.token');
          const token = tokens.nth(random.fork('token').below(await tokens.count(), round, i));
          const at = Number(await token.getAttribute('data-at'));
          // Whoever stands on a token already does not come to it.
          await page.mouse.move(0, 0);
          await token.blur();
          await (i % 3 === 0 ? token.focus() : token.hover());
          const shown = await page.locator(`.reading[data-at="${at}"][data-step="${step}"]`).evaluate((list) =>
            Object.fromEntries(
              Array.from(list.querySelectorAll('dd'), (item) => {
                item.querySelector('small')?.remove();
                return [item.dataset['name'] ?? '', item.textContent];
              }),
            ),
          );
          expectNumbers(shown, batch, at);
          seen++;
        }
      }
      expect(seen).toBe(50);
    }),
  );
});

function expectNumbers(shown: Readonly<Record<string, string>>, { columns, step }: TokenBatch, at: number): void {
  for (const [name, column] of Object.entries(READ)) {
    const exact = columns[column][at]!;
    if (Number.isNaN(exact)) expect(shown[name]).toBe('–');
    else expect(agreesTo4Digits(shownNumber(shown[name]!), exact), `step ${step}, token ${at}: ${name} ${shown[name]} for ${exact}`).toBe(true);
  }
  expect(agreesTo4Digits(shownNumber(shown['probability']!), Math.exp(columns.logProb[at]!))).toBe(true);
}

describe('the lens', () => {
  it('shows each variant’s own slopes, as src/algorithms gives them on the reference device', { timeout: PATIENCE }, () =>
    visit('lens', async ({ page }) => {
      await page.locator('.variants tbody tr').first().waitFor();
      const shown = await page.locator('.variants td.cell').evaluateAll((cells) =>
        cells.map((cell) => ({
          variant: cell.getAttribute('data-variant'),
          at: Number(cell.getAttribute('data-at')),
          title: cell.getAttribute('title') ?? '',
        })),
      );
      const frozen = new FrozenBatch(recording.frozen);
      const compared = new Set<string>();
      for (const { key, options } of VARIANTS) {
        const cells = shown.filter(({ variant }) => variant === key);
        if (cells.length === 0) continue;
        const { weight } = await frozen.weightsOf(createAlgorithm({ ...BASE_OPTIONS, ...options }));
        for (const { at, title } of cells) {
          const said = shownNumber(/weight ([−\d.e+]+)/.exec(title)?.[1] ?? null);
          expect(agreesTo4Digits(said, weight[at]!), `${title} for ${weight[at]}`).toBe(true);
        }
        compared.add(key);
      }
      const left = await page.locator('.left-out li').count();
      expect(compared.size + left).toBe(VARIANTS.length);
      expect(compared.size).toBeGreaterThan(12);
    }),
  );

  it('works in a browser without WebGPU, whose button says why it cannot train', { timeout: PATIENCE }, () =>
    visit(
      '',
      async ({ page }) => {
        await page.locator('.why-not', { hasText: 'This browser has no WebGPU' }).waitFor();
        expect(await page.locator('.train button.main').isDisabled()).toBe(true);
        await page.getByRole('button', { name: 'Lens', exact: true }).click();
        await page.locator('.variants tbody tr').first().waitFor();
      },
      () => Object.defineProperty(navigator, 'gpu', { value: undefined }),
    ),
  );
});

describe('the room kept for the rivers', () => {
  it('is no more than they fill, and on a phone the button stays in the window', { timeout: PATIENCE }, () =>
    visit('', async ({ page }) => {
      for (const [width, height] of [
        [360, 780],
        [1280, 860],
      ] as const) {
        await page.setViewportSize({ width, height });
        await page.locator('.river path').first().waitFor({ state: 'attached' });
        const room = () =>
          page.locator('.rivers').evaluate((rivers) => rivers.getBoundingClientRect().bottom - rivers.lastElementChild!.getBoundingClientRect().bottom);
        await expect.poll(async () => Math.abs(await room()), { timeout: 10_000 }).toBeLessThan(1); // rivers are drawn again a frame or two later
        const button = await page.locator('.train').boundingBox();
        expect(button!.y + button!.height).toBeLessThan(height);
      }
    }),
  );
});

describe('the picture', () => {
  it('is a PNG of twice 1200 × 630, in the clipboard or as a file', { timeout: PATIENCE }, () =>
    visit(
      '',
      async ({ page }) => {
        await atStep(page, 240);
        const saved = page.waitForEvent('download');
        await page.getByRole('button', { name: 'Copy picture', exact: true }).click();
        const png = readFileSync(await (await saved).path());
        expect(png.subarray(1, 4).toString()).toBe('PNG');
        expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([2400, 1260]);
        expect(png.length).toBeGreaterThan(40_000);
        await page.locator('.notice', { hasText: 'The picture is saved as entrain.png.' }).waitFor();
      },
      // A browser that lets no picture into its clipboard.
      () => Object.defineProperty(navigator.clipboard, 'write', { value: () => Promise.reject(new Error('denied')) }),
    ),
  );
});

describe('accessibility', () => {
  const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

  it.each(['light', 'dark'] as const)('axe finds nothing serious in the %s theme', { timeout: PATIENCE }, (colorScheme) =>
    visit('', async ({ page }) => {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.reload();
      const found: string[] = [];
      // Of all rules only this one asks for colours.
      const run = `axe.run({ resultTypes: ['violations']${colorScheme === 'dark' ? ", runOnly: ['color-contrast']" : ''} })`;
      const look = async (where: string): Promise<void> => {
        await page.evaluate(axe);
        const { violations } = (await page.evaluate(run)) as AxeResults;
        for (const { id, impact, help, nodes } of violations)
          if (impact === 'serious' || impact === 'critical') found.push(`${where}: ${id}, ${help}: ${nodes.map(({ target }) => target.join(' ')).join(' | ')}`);
      };
      await page.locator('.completions .token').first().waitFor();
      await look('page');
      await page.getByRole('button', { name: 'Tour', exact: true }).click();
      await page.locator('.pointed').waitFor();
      await look('tour');
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Lens', exact: true }).click();
      await page.locator('.variants tbody tr').first().waitFor();
      await look('lens');
      await page.getByRole('button', { name: 'Recipe', exact: true }).click();
      await page.locator('#recipe-yaml').waitFor();
      await look('recipe');
      await page.getByRole('button', { name: 'Recipe', exact: true }).click();
      await page.setViewportSize({ width: 360, height: 740 });
      await page.getByRole('button', { name: 'Settings', exact: true }).click();
      await look('360 px');
      expect(found).toEqual([]);
    }),
  );
});
