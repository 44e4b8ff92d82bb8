/** A run as a picture that redraws itself in place: progress, the few numbers that tell how it goes, and their course. */

import { createLogUpdate } from 'log-update';
import { createColors } from 'picocolors';
import { type RunObserver, silent } from '../trainer/observer.ts';
import { count, duration, number, percent } from './format.ts';
import { Progress } from './progress.ts';
import { sparkline } from './sparkline.ts';
import { completionsTable, endLines, measuresOf } from './step-line.ts';

type Paint = ReturnType<typeof createColors>;

interface Gauge {
  readonly label: string;
  /** The first of these that was measured. */
  readonly keys: readonly string[];
  readonly value: (progress: Progress, key: string) => string;
}

const gauges: readonly Gauge[] = [
  // A loss says nothing in reinforcement learning; it stands here where there is no reward.
  { label: 'reward', keys: ['reward', 'loss'], value: rewardOrLoss },
  { label: 'mixed groups', keys: ['groups/frac_mixed'], value: (p, key) => percent(p.latest(key)) },
  { label: 'entropy', keys: ['entropy'], value: (p, key) => `${number(p.latest(key))} nats` },
  { label: 'KL to start', keys: ['kl'], value: (p, key) => number(p.latest(key)) },
  { label: 'KL of step', keys: ['ppo_kl'], value: (p, key) => number(p.latest(key)) },
  { label: 'clip share', keys: ['clip_ratio/region_mean'], value: (p, key) => percent(p.latest(key)) },
  { label: 'length', keys: ['completions/mean_length'], value: (p, key) => `${number(p.latest(key))} (${percent(p.latest('completions/clipped_ratio'))} cut)` },
  { label: 'gradient', keys: ['grad_norm'], value: (p, key) => number(p.latest(key)) },
  { label: 'tokens/s', keys: ['perf/tokens_per_s', 'perf/tokens_per_s_gen'], value: (p, key) => number(p.latest(key)) },
];

function rewardOrLoss(progress: Progress, key: string): string {
  return key === 'loss' ? `loss ${number(progress.latest(key))}` : `${number(progress.latest(key))} ±${number(progress.latest('reward_std'))}`;
}

const labelWidth = 14;
const valueWidth = 16;

/** The picture of a run, one string a line, at most `width` columns. */
export function dashboardLines(progress: Progress, messages: readonly string[], seconds: number, width: number, paint: Paint): string[] {
  const { info, evaluation, step, steps } = progress;
  const title = info ? `${info.name}  ${info.method}  ${count(info.parameters)} parameters  ${info.device}` : 'starting';
  const sparkWidth = Math.max(8, Math.min(60, width - labelWidth - valueWidth - 2));
  const shown = gauges.flatMap(({ label, keys, value }) => {
    const key = keys.find((name) => progress.latest(name) !== undefined);
    if (key === undefined) return [];
    const text = value(progress, key).padEnd(valueWidth);
    const isBroken = !Number.isFinite(progress.latest(key));
    return [`${paint.dim(label.padEnd(labelWidth))}${isBroken ? paint.red(text) : text} ${paint.cyan(sparkline(progress.history(key), sparkWidth))}`];
  });
  const heldOut = evaluation ? [fitted(`held-out      ${measuresOf(evaluation.metrics)}`, width)] : [];
  return [
    paint.bold(fitted(title, width)),
    bar(step, steps, `step ${step}/${steps}  ${duration(seconds)}  ETA ${duration(progress.secondsLeft)}`, width, paint),
    '',
    ...shown,
    ...heldOut,
    ...messages.map((message) => (message.startsWith('warning') ? paint.yellow : paint.dim)(fitted(message, width))),
    paint.dim(fitted('Ctrl-C writes a checkpoint and stops', width)),
  ];
}

/** Draws over itself on an interactive terminal. */
export function dashboard(stream: NodeJS.WriteStream, options: { readonly hasColour: boolean; readonly printCompletions: number | null }): RunObserver {
  const paint = createColors(options.hasColour);
  const draw = createLogUpdate(stream);
  const progress = new Progress();
  const messages: string[] = [];
  const started = performance.now();
  const redraw = () => {
    const width = Math.max(40, (stream.columns ?? 100) - 1);
    draw(dashboardLines(progress, messages.slice(-3), (performance.now() - started) / 1000, width, paint).join('\n'));
  };
  const say = (message: string) => {
    messages.push(message);
    redraw();
  };
  return {
    ...silent,
    started(info) {
      progress.info = info;
      redraw();
    },
    step(row) {
      progress.add(row);
      redraw();
    },
    evaluated(step, metrics) {
      progress.evaluation = { step, metrics };
      redraw();
    },
    completions(step, samples) {
      if (options.printCompletions === null || step % options.printCompletions !== 0) return;
      draw.persist(completionsTable(step, samples, stream.columns ?? 100).join('\n'));
      redraw();
    },
    note: (message) => say(message),
    warning: (message) => say(`warning: ${message}`),
    finished(summary) {
      redraw();
      draw.done();
      stream.write(`${endLines(summary).join('\n')}\n`);
    },
  };
}

function bar(step: number, steps: number, text: string, width: number, paint: Paint): string {
  const room = Math.max(10, Math.min(50, width - text.length - 2));
  const done = steps > 0 ? Math.round((Math.min(step, steps) / steps) * room) : 0;
  return `${paint.green('━'.repeat(done))}${paint.dim('─'.repeat(room - done))}  ${fitted(text, width - room - 2)}`;
}

function fitted(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text;
}
