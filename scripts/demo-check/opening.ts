/** The first seconds of a visit: each in a browser that has just been started and has seen nothing. */

import { launchChromium } from '../chromium.ts';
import { atMost, type Figure, quantile } from './figure.ts';
import { openDemoPage } from './open-page.ts';

const VISITS = 3;

interface Visit {
  readonly painted: number;
  readonly moved: number;
}

export async function openingFigures(url: string, script: string): Promise<Figure[]> {
  const visits: Visit[] = [];
  for (let visit = 0; visit < VISITS; visit++) visits.push(await visitOnce(url, script));
  const figureOf = (what: string, bound: number, of: (visit: Visit) => number): Figure => {
    const seconds = visits.map((visit) => of(visit) / 1000);
    return atMost({ what, value: quantile(seconds, 0.5), bound, unit: 's', note: `median of ${seconds.map((each) => each.toFixed(2)).join(', ')}` });
  };
  return [figureOf('first paint', 1, ({ painted }) => painted), figureOf('recorded run moving', 2, ({ moved }) => moved)];
}

async function visitOnce(url: string, script: string): Promise<Visit> {
  const browser = await launchChromium({ pages: { viewport: { width: 1280, height: 800 } } });
  try {
    const { page } = await openDemoPage(browser, url, script);
    await page.waitForFunction(() => recorder.movedAt !== null, undefined, { timeout: 60_000 });
    return await page.evaluate(() => ({
      painted: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN,
      moved: recorder.movedAt!,
    }));
  } finally {
    await browser.close();
  }
}
