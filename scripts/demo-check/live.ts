/** The comparison that the page offers first, trained to its end: how soon it moves, whether it learns, what came of it, and how the page bears it. */

import type { LaunchedChromium } from '../chromium.ts';
import type { DemoSite } from '../demo-site.ts';
import { exercise } from './exercise.ts';
import { atLeast, atMost, type Figure, mean, quantile } from './figure.ts';
import { type DemoPage, openDemoPage } from './open-page.ts';
import type { SeenHandler, SeenStep } from './page-recorder.ts';
import { sizeFigures } from './size.ts';

const STEPS = 90;
const MINUTE = 60_000;
/** How long is waited for what should take far less: a slow machine has its figures printed too. */
const PATIENCE = 60 * MINUTE;
/** Steps at the end that entropy is averaged over. */
const LATE_STEPS = 15;

interface LiveCheck {
  readonly figures: Figure[];
  readonly sizeLines: string[];
}

export async function liveFigures(browser: LaunchedChromium, site: DemoSite, script: string, say: (line: string) => void): Promise<LiveCheck> {
  site.asked.clear();
  const demo = await openDemoPage(browser, site.url, script);
  await demo.page.waitForFunction(() => recorder.movedAt !== null, undefined, { timeout: MINUTE });
  const clicked = await demo.train();
  const first = await demo.step(0, 1, PATIENCE);
  const size = sizeFigures(site.folder, new Set(site.asked));
  say(
    `first live step ${((first.at - clicked) / 1000).toFixed(1)} s after the click: ${first.stepSeconds.toFixed(2)} s, and ${first.measureSeconds.toFixed(2)} s of measuring`,
  );
  const steps = await untilStep(demo, 25);
  const rising = [0, 1].map((run) => risingOf(steps, run, clicked));
  await exercise(demo.page);
  say('step 25 reached on both sides, and the page used meanwhile');
  steps.push(...(await untilStep(demo, STEPS)));
  const handlers = await demo.takeHandlers();
  const last = Math.max(...steps.map(({ at }) => at));
  await demo.page.close();
  return {
    figures: [
      atMost({ what: 'first live step after the click', value: (first.at - clicked) / 1000, bound: 15, unit: 's', places: 1 }),
      ...rising,
      atMost({ what: `comparison of ${STEPS} steps a side`, value: (last - clicked) / MINUTE, bound: 10, unit: 'min', places: 1, note: speedOf(steps) }),
      ...outcomeFigures(steps),
      handlerFigure(handlers),
      { what: 'errors that nothing caught', value: demo.uncaught.join('; ') || 'none', bound: 'none', isMet: demo.uncaught.length === 0 },
      ...size.figures,
    ],
    sizeLines: size.lines,
  };
}

/** Everything new until both runs have done a step. */
async function untilStep(demo: DemoPage, step: number): Promise<SeenStep[]> {
  await demo.step(0, step, PATIENCE);
  await demo.step(1, step, PATIENCE);
  return demo.takeSteps();
}

/** When step 25 was done, if steps 16–25 are above steps 1–10 by three standard errors of the difference. */
function risingOf(steps: readonly SeenStep[], run: number, clicked: number): Figure {
  const rewards = (from: number, to: number): number[] =>
    steps.flatMap((seen) => (seen.run === run && seen.step >= from && seen.step <= to ? [seen.metrics['reward'] ?? Number.NaN] : []));
  const [early, late] = [rewards(1, 10), rewards(16, 25)];
  const errors = (mean(late) - mean(early)) / Math.sqrt(variance(late) / late.length + variance(early) / early.length);
  const at = steps.find((seen) => seen.run === run && seen.step === 25)?.at ?? Number.NaN;
  return atMost({
    what: `${'AB'[run]}: reward up by 3 standard errors at step 25`,
    value: errors >= 3 ? (at - clicked) / 1000 : Number.NaN,
    bound: 120,
    unit: 's',
    places: 0,
    note: `${mean(early).toFixed(3)} to ${mean(late).toFixed(3)}, ${errors.toFixed(1)} standard errors`,
  });
}

function variance(values: readonly number[]): number {
  const middle = mean(values);
  return values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1);
}

function outcomeFigures(steps: readonly SeenStep[]): Figure[] {
  const lateOf = (run: number, metric: string, from: number): number =>
    mean(steps.flatMap((seen) => (seen.run === run && seen.step > from && seen.metrics[metric] !== undefined ? [seen.metrics[metric]] : [])));
  const ratio = (what: string, metric: string, from: number): Figure => {
    const [a, b] = [lateOf(0, metric, from), lateOf(1, metric, from)];
    return atLeast({ what: `comparison: ${what}, B / A`, value: b / a, bound: 1, note: `${b.toFixed(3)} / ${a.toFixed(3)}` });
  };
  return [
    ratio(`entropy of the last ${LATE_STEPS} steps`, 'entropy', STEPS - LATE_STEPS),
    ratio('answers alive at the end', 'eval/heldout/distinct@8', STEPS - 1),
  ];
}

/** Of all handlers that ran while it trained, those of an idle page among them. */
function handlerFigure(handlers: readonly SeenHandler[]): Figure {
  const worst = new Map<string, number>();
  for (const { kind, milliseconds } of handlers) worst.set(kind, Math.max(worst.get(kind) ?? 0, milliseconds));
  const slowest = [...worst].toSorted((a, b) => b[1] - a[1]).slice(0, 3);
  return atMost({
    what: 'handlers, p99',
    value: quantile(
      handlers.map(({ milliseconds }) => milliseconds),
      0.99,
    ),
    bound: 8,
    unit: 'ms',
    places: 1,
    note: `${handlers.length} calls; slowest ${slowest.map(([kind, milliseconds]) => `${kind} ${milliseconds.toFixed(0)}`).join(', ')}`,
  });
}

function speedOf(steps: readonly SeenStep[]): string {
  const trained = steps.filter(({ step }) => step > 0);
  return `${mean(trained.map(({ stepSeconds }) => stepSeconds)).toFixed(2)} s a step and ${mean(trained.map(({ measureSeconds }) => measureSeconds)).toFixed(2)} s of measuring`;
}
