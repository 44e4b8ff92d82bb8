/** One step, one evaluation, one ending as a line of text. */

import type { CompletionSample, Metrics, MetricsRow, RunInfo, TrainSummary } from '../trainer/observer.ts';
import { columns, count, duration, number, percent } from './format.ts';

/** The line of a step, or undefined for a row that measured nothing but an evaluation. */
export function stepLine(row: MetricsRow, steps: number, secondsLeft: number): string | undefined {
  const parts: string[] = [];
  const add = (key: string, text: (value: number) => string) => {
    const value = row[key];
    if (typeof value === 'number') parts.push(text(value));
  };
  add('reward', (value) => `reward ${number(value).padStart(5)}±${number(row['reward_std']).padEnd(4)}`);
  add('loss', (value) => (typeof row['reward'] === 'number' ? '' : `loss ${number(value).padStart(6)}`));
  add('groups/frac_mixed', (value) => `mixed ${percent(value).padStart(4)}`);
  add('completions/mean_length', (value) => `len ${number(value)} (${percent(row['completions/clipped_ratio'])} cut)`);
  add(typeof row['kl'] === 'number' ? 'kl' : 'ppo_kl', (value) => `kl ${number(value).padStart(7)}`);
  add('entropy', (value) => `ent ${number(value).padStart(4)}`);
  add('clip_ratio/region_mean', (value) => `clip ${percent(value).padStart(4)}`);
  add('grad_norm', (value) => `|g| ${number(value).padStart(4)}`);
  add('timing_s/gen', (value) => `gen ${duration(value)} train ${duration(Number(row['timing_s/update_actor'] ?? NaN))}`);
  add('perf/tokens_per_s', (value) => `${number(value)} tok/s`);
  const said = parts.filter((part) => part !== '');
  if (said.length === 0) return undefined;
  const place = `step ${String(row.step).padStart(String(steps).length)}/${steps}`;
  return [place, ...said, `ETA ${duration(secondsLeft)}`].join('  ');
}

/** The line of an evaluation: `eval at step 15  mean@1 0.42  pass@8 0.93`. */
export function evaluationLine(step: number, metrics: Metrics): string {
  return `eval at step ${step}  ${measuresOf(metrics)}`;
}

/** Evaluation metrics without the names of their sets, where there is one set. */
export function measuresOf(metrics: Metrics): string {
  const named = Object.entries(metrics).flatMap(([key, value]) => {
    const [, set, measure] = /^eval\/(.+)\/([^/]+)$/.exec(key) ?? [];
    return set && measure ? [{ set, measure, value }] : [];
  });
  const isOneSet = new Set(named.map(({ set }) => set)).size === 1;
  return named.map(({ set, measure, value }) => `${isOneSet ? '' : `${set}/`}${measure} ${number(value)}`).join('  ');
}

/** What a run is, when it starts. */
export function startLine({ name, method, device, parameters, startStep, steps, attempt }: RunInfo): string {
  const from = startStep > 0 ? `, resumed after step ${startStep} (attempt ${attempt})` : '';
  return `${name}: ${method}, ${count(parameters)} parameters, ${steps} steps${from}, on ${device}`;
}

/** How a run ended, and what it reached. */
export function endLines({ stopped, step, seconds, metrics, checkpoint }: TrainSummary): string[] {
  const measures = measuresOf(metrics);
  const reached = [typeof metrics['reward'] === 'number' ? `reward ${number(metrics['reward'])}` : '', measures && `held-out ${measures}`]
    .filter(Boolean)
    .join('  ');
  return [
    `${stopped === 'done' ? 'done' : 'stopped'} at step ${step} after ${duration(seconds)}${reached ? `  ${reached}` : ''}`,
    ...(checkpoint ? [`checkpoint ${checkpoint}`] : []),
  ];
}

const shownCompletions = 8;

/** Some completions of a step as a table. */
export function completionsTable(step: number, samples: readonly CompletionSample[], width: number): string[] {
  const oneLine = (text: string, room: number) => {
    const flat = JSON.stringify(text).slice(1, -1);
    return flat.length > room ? `${flat.slice(0, room - 1)}…` : flat;
  };
  const room = Math.max(20, Math.floor((width - 24) / 2));
  const rows = samples
    .slice(0, shownCompletions)
    .map(({ prompt, completion, reward, advantage }) => [oneLine(prompt, room), oneLine(completion, room), number(reward), number(advantage)]);
  return [`completions of step ${step}`, ...columns([['prompt', 'completion', 'reward', 'advantage'], ...rows], { right: [2, 3] })];
}
