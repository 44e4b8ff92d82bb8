/**
 * Takes the demo's pictures, to be looked at: three widths, light and dark, of the opening, a live run and the lens, into docs/demo; and the
 * picture of a pasted link, demo/public/og.png.
 *
 *   npm run demo:shots                  all of them; the live run trains on SwiftShader, a minute or a few
 *   npm run demo:shots -- opening lens  only these parts, of: opening, lens, live, link
 *
 * `--live-steps 30` trains so far before the pictures.
 */

import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Page } from 'playwright';
import { launchChromium } from './chromium.ts';
import { openDemoSite } from './demo-site.ts';
import { smallPng } from './small-png.ts';

const PARTS = ['opening', 'lens', 'live', 'link'] as const;
const SIZES = [
  { width: 360, height: 780 },
  { width: 1280, height: 860 },
  { width: 1920, height: 1080 },
] as const;
const THEMES = ['light', 'dark'] as const;
/** Largest picture, bytes. */
const LARGEST = 250 * 1024;
/** A busy machine trains slowly. */
const PATIENCE = 1_800_000;

const { values: options, positionals: asked } = parseArgs({ allowPositionals: true, options: { 'live-steps': { type: 'string', default: '30' } } });
const unknown = asked.find((name) => !PARTS.some((part) => part === name));
if (unknown !== undefined) throw new Error(`demo-shots: expected parts of ${PARTS.join(', ')}, got ${unknown}.`);
const wants = (part: (typeof PARTS)[number]): boolean => asked.length === 0 || asked.includes(part);

const folder = fileURLToPath(new URL('../docs/demo/', import.meta.url));
mkdirSync(folder, { recursive: true });
const site = await openDemoSite();
const browser = await launchChromium();
const [page, blank] = [await browser.context.newPage(), await browser.context.newPage()];
try {
  // A busy machine is slow in everything.
  page.setDefaultTimeout(PATIENCE);
  await page.bringToFront();
  page.on('pageerror', ({ message }) => process.stdout.write(`error in the page: ${message}\n`));
  // The recording then stands at its end, and every picture shows the same.
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.goto(site.url);
  await page.locator('.river path').first().waitFor({ state: 'attached' });
  await page.locator('.charts .run-line path').first().waitFor({ state: 'attached' });
  if (wants('opening')) await shoot(page, 'opening');
  if (wants('link')) await shootLink(page);
  if (wants('lens')) await shootLens(page);
  if (wants('live')) await shootLive(page, Number(options['live-steps']));
} finally {
  await browser.close();
  site.close();
}

/** One state of the page in every size and both themes. */
async function shoot(page: Page, name: string): Promise<void> {
  for (const theme of THEMES) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    for (const size of SIZES) {
      await page.setViewportSize(size);
      await page.evaluate(() => scrollTo(0, 0));
      await page.waitForTimeout(1000);
      save(`${folder}${name}-${size.width}-${theme}.png`, await smallPng(blank, await page.screenshot()));
    }
  }
}

async function shootLens(page: Page): Promise<void> {
  await page.setViewportSize(SIZES[1]);
  await page.getByRole('button', { name: 'Lens' }).click();
  await page.locator('.variants').waitFor();
  await page.locator('#own-weight').fill('advantage * (1 - prob)');
  await page.locator('.variants tbody tr').filter({ hasText: 'Your own weight' }).waitFor();
  await page.getByRole('button', { name: 'Clip-Cov' }).click();
  await shoot(page, 'lens');
  await page.getByRole('button', { name: 'Lens' }).click();
}

/** Trains once, pauses, and takes all pictures of that. */
async function shootLive(page: Page, steps: number): Promise<void> {
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await page.setViewportSize(SIZES[1]);
  await page.getByRole('button', { name: 'Train it here' }).click();
  const until = (step: number) =>
    page.waitForFunction((wanted) => Number(document.querySelector<HTMLInputElement>('.timeline input')?.value) >= wanted, step, {
      timeout: PATIENCE,
      polling: 500,
    });
  await page.getByRole('button', { name: 'Pause', exact: true }).waitFor({ timeout: PATIENCE });
  await page.waitForFunction(() => document.querySelector('.origin')?.classList.contains('live'), null, { timeout: PATIENCE });
  await until(steps);
  await page.getByRole('button', { name: 'Pause', exact: true }).click();
  await page.getByRole('button', { name: 'Go on', exact: true }).waitFor({ timeout: PATIENCE });
  await shoot(page, 'live');
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
}

/** The picture that a pasted link shows: what "Copy picture" makes, in the size that sites ask for. */
async function shootLink(page: Page): Promise<void> {
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Copy picture' }).click();
  const large = readFileSync(await (await download).path());
  await page.getByRole('button', { name: 'Close' }).click();
  save(fileURLToPath(new URL('../demo/public/og.png', import.meta.url)), await smallPng(blank, large, 0.5));
}

function save(path: string, bytes: Uint8Array): void {
  writeFileSync(path, bytes);
  const { size } = statSync(path);
  process.stdout.write(`${path.split('/').slice(-2).join('/')}  ${(size / 1024).toFixed(0)} KB${size > LARGEST ? `, more than ${LARGEST / 1024}` : ''}\n`);
}
