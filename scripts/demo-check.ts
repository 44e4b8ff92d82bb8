/**
 * Visits the built demo in a headless Chromium on SwiftShader and prints every figure it promises beside its bound; exits with 1 on a miss.
 *
 *   npm run demo:check                      all of it: a quarter of an hour on two quiet cores
 *   npm run demo:check -- opening recorded  only these parts, of: opening, recorded, live, memory
 *
 * Times are of this machine at this moment: on a busy one they miss.
 */

import { loadavg } from 'node:os';
import { type LaunchedChromium, launchChromium } from './chromium.ts';
import { type Figure, tableOf } from './demo-check/figure.ts';
import { liveFigures } from './demo-check/live.ts';
import { MEMORY_FLAGS, memoryFigures } from './demo-check/memory.ts';
import { recorderScript } from './demo-check/open-page.ts';
import { openingFigures } from './demo-check/opening.ts';
import { recordedFigures } from './demo-check/recorded-pair.ts';
import { openDemoSite } from './demo-site.ts';

const PARTS = ['opening', 'recorded', 'live', 'memory'] as const;
type Part = (typeof PARTS)[number];

const asked = process.argv.slice(2);
const unknown = asked.find((name) => !PARTS.some((part) => part === name));
if (unknown !== undefined) throw new Error(`demo-check: expected parts of ${PARTS.join(', ')}, got ${unknown}.`);
const wants = (part: Part): boolean => asked.length === 0 || asked.includes(part);
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const site = await openDemoSite();
const figures: Figure[] = [];
let sizeLines: readonly string[] = [];
try {
  const script = await recorderScript();
  if (wants('opening')) figures.push(...(await openingFigures(site.url, script)));
  if (wants('recorded')) figures.push(...(await recordedFigures(site.folder)));
  if (wants('live')) {
    const live = await inBrowser([], (browser) => liveFigures(browser, site, script, say));
    figures.push(...live.figures);
    sizeLines = live.sizeLines;
  }
  if (wants('memory')) figures.push(...(await inBrowser(MEMORY_FLAGS, (browser) => memoryFigures(browser, site.url, script, say))));
} finally {
  site.close();
}

if (sizeLines.length > 0) say(['', 'files of the page, gzip', ...sizeLines].join('\n'));
say(['', 'the demo, measured', ...tableOf(figures)].join('\n'));
const missed = figures.filter(({ isMet }) => !isMet).length;
say(`\n${figures.length - missed} of ${figures.length} figures within their bounds; load ${loadavg()[0]!.toFixed(1)}`);
process.exitCode = missed === 0 ? 0 : 1;

/** Each part has a browser of its own. */
async function inBrowser<T>(flags: readonly string[], work: (browser: LaunchedChromium) => Promise<T>): Promise<T> {
  const browser = await launchChromium({ pages: { viewport: { width: 1280, height: 800 } }, flags });
  say(`Chromium ${browser.version} of ${browser.program.origin}, SwiftShader; load of this machine ${loadavg()[0]!.toFixed(1)}`);
  try {
    return await work(browser);
  } finally {
    await browser.close();
  }
}
