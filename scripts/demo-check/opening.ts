/** The first seconds of a visit: each in a browser that has just been started and has seen nothing. */

import { launchChromium } from '../chromium.ts';
import { atMost, type Figure, quantile } from './figure.ts';
import { openDemoPage } from './open-page.ts';

const VISITS = 3;
/** Between reaching a button and pressing it. */
const HOVER_MS = 1000;

interface Visit {
  readonly painted: number;
  readonly moved: number;
  readonly shifted: number;
  /** By the lens's own clock: every variant's answer for the recorded batch, once its worker is warm. */
  readonly lens: number;
  readonly lensTokens: string;
}

export async function openingFigures(url: string, script: string): Promise<Figure[]> {
  const visits: Visit[] = [];
  for (let visit = 0; visit < VISITS; visit++) visits.push(await visitOnce(url, script));
  const figureOf = (what: string, bound: number, unit: 's' | 'ms' | '', of: (visit: Visit) => number): Figure => {
    const [scale, places] = { s: [1000, 2] as const, ms: [1, 0] as const, '': [1, 3] as const }[unit];
    const values = visits.map((visit) => of(visit) / scale);
    return atMost({ what, value: quantile(values, 0.5), bound, unit, places, note: `median of ${values.map((each) => each.toFixed(places)).join(', ')}` });
  };
  return [
    figureOf('first paint', 1, 's', ({ painted }) => painted),
    figureOf('recorded run moving', 2, 's', ({ moved }) => moved),
    figureOf('layout shift while it opens', 0.1, '', ({ shifted }) => shifted),
    figureOf(`lens over ${visits[0]!.lensTokens}`, 100, 'ms', ({ lens }) => lens),
  ];
}

async function visitOnce(url: string, script: string): Promise<Visit> {
  const browser = await launchChromium({ pages: { viewport: { width: 1280, height: 800 } } });
  try {
    const { page } = await openDemoPage(browser, url, script);
    await page.waitForFunction(() => recorder.movedAt !== null, undefined, { timeout: 60_000 });
    const { painted, moved } = await page.evaluate(() => ({
      painted: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN,
      moved: recorder.movedAt!,
    }));
    const button = page.getByRole('button', { name: 'Lens', exact: true });
    await button.hover(); // as whoever clicks does: the worker warms up
    await page.waitForTimeout(HOVER_MS);
    const shifted = await page.evaluate(() => recorder.shifted);
    await button.click();
    await page.locator('.variants tbody tr').first().waitFor();
    const said = (await page.locator('.lens > p.figures').textContent()) ?? '';
    const [, tokens, variants, milliseconds] = /: (\d+) tokens .* (\d+) variants answered in (\d+)/.exec(said) ?? [];
    return { painted, moved, shifted, lens: Number(milliseconds ?? Number.NaN), lensTokens: `${tokens} tokens × ${variants} variants` };
  } finally {
    await browser.close();
  }
}
