/** The report of a run: one HTML file that needs nothing else, drawn from the run's rows. */

import { type EntropyLaw, entropyLawBand, type EntropyPoint, fitEntropyLaw, type LawBand } from '../../algorithms/law.ts';
import { bandRandom } from '../entropy-law.ts';
import type { MetricsRow } from '../observer.ts';
import { type Html, markup } from './html.ts';
import { entropyPlane, linePlot, type Series } from './plot.ts';
import { type SampleSet, samplesTable } from './samples.ts';
import { label } from './scale.ts';
import { reportStyle } from './style.ts';

export interface ReportInput {
  readonly name: string;
  /** One row a step. */
  readonly rows: readonly MetricsRow[];
  /** One row an evaluation. */
  readonly evaluations: readonly MetricsRow[];
  readonly before?: SampleSet;
  readonly after?: SampleSet;
  /** The recipe as it was written. */
  readonly recipe: string;
  /** The complete recipe, with what the command line changed. */
  readonly resolved: string;
  /** Device, versions, machine: shown as it is. */
  readonly environment: Readonly<Record<string, unknown>>;
}

/** The page as text. */
export function reportPage(input: ReportInput): string {
  const { name, rows, evaluations, before, after, recipe, resolved, environment } = input;
  const last = rows.at(-1);
  const device = textOf(environment['device']);
  const page = markup`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
        <title>${name} · Entrain</title>
        <style>
          ${{ html: reportStyle }}
        </style>
      </head>
      <body>
        <main>
          <header>
            <h1>${name}</h1>
            <p class="soft">${last ? `Step ${last.step}, ${last.time.slice(0, 16).replace('T', ' ')} UTC` : 'No step yet'}${device ? ` · ${device}` : ''}</p>
            ${headline(evaluations, rows)}
          </header>
          <h2>How it went</h2>
          <div class="figures">${plots(rows, evaluations)}</div>
          <h2>Before and after</h2>
          ${beforeAfter(evaluations)}
          <h2>What it wrote</h2>
          ${samplesTable(before, after)}
          <h2>The run</h2>
          <details open>
            <summary>Recipe as written</summary>
            <pre>${recipe}</pre>
          </details>
          <details>
            <summary>Complete recipe, and where its values come from</summary>
            <pre>${resolved}</pre>
          </details>
          <details>
            <summary>Device and versions</summary>
            <pre>${JSON.stringify(environment, null, 2)}</pre>
          </details>
          <footer>
            Entrain ${textOf(environment['version'])}. One run with one seed: differences smaller than the scatter from point to point say nothing.
          </footer>
        </main>
      </body>
    </html> `;
  return page.html;
}

function plots(rows: readonly MetricsRow[], evaluations: readonly MetricsRow[]): Html[] {
  const line = (name: string, key: string, tone: Series['tone']): Series => ({ name, tone, points: pointsOf(rows, key) });
  const marked = (pattern: RegExp, tone: Series['tone']): Series[] =>
    keysOf(evaluations, pattern)
      .slice(0, 1)
      .map((key) => ({ name: key.replace('eval/', ''), tone, points: pointsOf(evaluations, key), marks: true }));
  const kl = rows.some((row) => 'kl' in row) ? 'kl' : 'ppo_kl';
  return [
    linePlot({
      title: 'Reward',
      caption: 'Mean reward of a step’s completions, and of completions of held-out prompts.',
      series: [line('training', 'reward', 1), ...marked(/^eval\/.*\/mean@\d+$/, 2), ...marked(/^eval\/.*\/pass@\d+$/, 3)],
    }),
    linePlot({
      title: 'Entropy',
      caption: 'Mean over sampled tokens of the entropy of the whole next-token distribution, nats.',
      series: [line('training', 'entropy', 1), ...marked(/^eval\/.*\/entropy$/, 2)],
    }),
    entropyFigure(rows, evaluations),
    linePlot({
      title: 'Different right answers',
      caption: 'Among the first k completions of a held-out prompt, averaged over prompts.',
      series: marked(/^eval\/.*\/distinct@\d+$/, 2),
    }),
    linePlot({
      title: 'Loss',
      caption: 'Says little about progress in reinforcement learning: look at the reward.',
      series: [line('training', 'loss', 1)],
      fromZero: false,
    }),
    linePlot({
      title: 'KL',
      caption: kl === 'kl' ? 'To the reference model, k3 estimate, nats a token.' : 'To the policy that sampled the step, k1 estimate, nats a token.',
      series: [line(kl, kl, 1)],
    }),
    linePlot({ title: 'Clip share', caption: 'Share of tokens whose ratio is stopped by a bound.', series: [line('clipped', 'clip_ratio/region_mean', 1)] }),
    linePlot({
      title: 'Mixed groups',
      caption: 'Share of groups whose rewards differ; only those teach anything.',
      series: [line('mixed', 'groups/frac_mixed', 1)],
    }),
    linePlot({
      title: 'Length',
      caption: 'Mean tokens of a completion.',
      series: [line('training', 'completions/mean_length', 1), ...marked(/^eval\/.*\/mean_length$/, 2)],
    }),
  ];
}

/** Metrics that are other than 0 where something holds the entropy. */
const ENTROPY_HOLDS = ['entropy_coef', 'entropy_control/actuator', 'select/dropped_share', 'select/pulled_share', 'peakEntropy'];

function entropyFigure(rows: readonly MetricsRow[], evaluations: readonly MetricsRow[]): Html {
  const entropyKey = keysOf(evaluations, /^eval\/.*\/entropy$/)[0];
  const rewardKey = keysOf(evaluations, /^eval\/.*\/mean@\d+$/)[0];
  const isHeldOut = entropyKey !== undefined && rewardKey !== undefined && evaluations.length >= 3;
  const source = isHeldOut ? evaluations : rows;
  const points: EntropyPoint[] = source.map((row) => ({
    entropy: numberOf(row[isHeldOut ? entropyKey : 'entropy']),
    reward: numberOf(row[isHeldOut ? rewardKey : 'reward']),
  }));
  const [law, band] = [fitEntropyLaw(points), entropyLawBand(points, bandRandom())];
  const where = isHeldOut ? 'Held-out prompts, one dot an evaluation.' : 'Training steps.';
  if (!law || !band) return entropyPlane(points, null, where);
  const isHeld =
    evaluations.some((row) => keysOf([row], /^law\/.*\/valid$/).some((key) => row[key] === 0)) ||
    rows.some((row) => ENTROPY_HOLDS.some((name) => Math.abs(numberOf(row[name])) > 0));
  const validity = isHeld ? ' Not valid for this run: the law is of runs left alone, and here something held the entropy or the policy.' : '';
  return entropyPlane(points, { law, band, isValid: !isHeld }, where + fitSentence(law, band) + validity);
}

function fitSentence({ a, b, r2, ceiling }: EntropyLaw, band: LawBand): string {
  const [low, high] = band.ceiling;
  const explained = r2 === null ? '' : `, R² ${label(r2)}`;
  return ` Fitted: a ${label(a)}, b ${label(b)}${explained}; reward at entropy 0 would be ${label(ceiling)}, between ${label(low)} and ${label(high)} in ${label(100 * band.level)} % of resamplings of the points (the band).`;
}

function headline(evaluations: readonly MetricsRow[], rows: readonly MetricsRow[]): Html {
  const source = evaluations.length > 0 ? evaluations : rows;
  const patterns = evaluations.length > 0 ? [/\/mean@\d+$/, /\/pass@\d+$/, /\/distinct@\d+$/, /\/entropy$/] : [/^reward$/, /^loss$/, /^entropy$/];
  const items = patterns
    .flatMap((pattern) => keysOf(source, pattern).slice(0, 1))
    .map((key) => {
      const [first, last] = [numberOf(source[0]?.[key]), numberOf(source.at(-1)?.[key])];
      return markup`<li><b>${source.length > 1 ? `${label(first)} → ` : ''}${label(last)}</b><span>${key.replace('eval/', '')}</span></li>`;
    });
  return markup`<ul class="headline">
    ${items}
  </ul>`;
}

function beforeAfter(evaluations: readonly MetricsRow[]): Html {
  const [first, last] = [evaluations[0], evaluations.at(-1)];
  if (!first || !last) return markup`<p class="soft">This run measured nothing on held-out prompts. Set eval.data to see what it gained.</p>`;
  const rows = keysOf(evaluations, /^eval\//).map((key) => {
    const [before, after] = [numberOf(first[key]), numberOf(last[key])];
    return markup`<tr>
      <td><code>${key}</code></td>
      <td class="number">${label(before)}</td>
      <td class="number">${label(after)}</td>
      <td class="number">${label(after - before)}</td>
    </tr>`;
  });
  return markup`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th>Metric</th>
          <th class="number">Step ${first.step}</th>
          <th class="number">Step ${last.step}</th>
          <th class="number">Change</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;
}

function pointsOf(rows: readonly MetricsRow[], key: string): [number, number][] {
  return rows.some((row) => key in row) ? rows.map((row) => [row.step, numberOf(row[key])]) : [];
}

function keysOf(rows: readonly MetricsRow[], pattern: RegExp): string[] {
  return [...new Set(rows.flatMap((row) => Object.keys(row)))].filter((key) => pattern.test(key));
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : NaN;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
