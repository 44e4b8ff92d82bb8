/** The sentence under the rivers: written from what was measured, by a table of conditions. Nothing is said that a number does not say. */

import type { Track } from './data/frame.ts';

/** What the rules look at: one side at a step. */
export interface SideStanding {
  readonly side: 'A' | 'B';
  readonly label: string;
  readonly step: number;
  /** Nats; of the first step, and now (mean of the last few). */
  readonly firstEntropy: number;
  readonly entropy: number;
  /** Share of groups whose rewards are all equal, mean of the last few steps. */
  readonly agreeing: number;
  readonly reward: number;
  /** Held-out mean@1 now, and the best before. */
  readonly meanAt1: number;
  readonly bestMeanAt1: number;
  readonly bestStep: number;
  /** Different right answers among 8 samples. */
  readonly alive: number;
  /** Right answers to the probe with at least this share each, and the share of the likeliest. */
  readonly streams: number;
  readonly likeliest: number;
}

interface Rule {
  readonly when: (a: SideStanding, b: SideStanding) => boolean;
  readonly say: (a: SideStanding, b: SideStanding) => string;
}

/** An answer counts as a way of its own from this probability on. */
const STREAM = 0.05;
/** Steps that noisy numbers are averaged over. */
const RECENT = 8;

/** In order: the first whose condition holds is said. A number that was not measured is NaN, and no condition on it holds. */
const RULES: readonly Rule[] = [
  {
    when: (a) => a.step === 0,
    say: (a) => `Before training${known(a.meanAt1) ? `, ${share(a.meanAt1)} of the answers are right` : ''}: many different ones, none of them likely.`,
  },
  {
    when: (a, b) => a.bestMeanAt1 - a.meanAt1 > 0.1 && b.meanAt1 - a.meanAt1 > 0.05 && a.alive < b.alive,
    say: (a, b) =>
      `${a.side} was right ${share(a.bestMeanAt1)} of the time at step ${a.bestStep} and is now at ${share(a.meanAt1)}, with ${one(a.alive)} answers alive; ${b.side}, at ${two(b.entropy)} nats, stands at ${share(b.meanAt1)} with ${one(b.alive)}.`,
  },
  {
    when: (a, b) => a.alive > 0 && b.alive / a.alive >= 1.25 && a.entropy < b.entropy,
    say: (a, b) =>
      `Of 8 tries at a prompt, ${b.side} still finds ${one(b.alive)} different right answers; ${a.side} finds ${one(a.alive)}. Its entropy has fallen from ${two(a.firstEntropy)} to ${two(a.entropy)} nats, ${b.side}’s to ${two(b.entropy)}.`,
  },
  {
    when: (a, b) => a.streams <= 2 && b.streams >= a.streams + 2,
    say: (a, b) =>
      `${b.side} still has ${number(b.streams)} ways it takes often; ${a.side} has ${a.streams === 0 ? 'none' : a.streams === 1 ? 'settled on one' : `kept ${number(a.streams)}`}.`,
  },
  {
    when: (a) => a.agreeing >= 0.25 && a.entropy < 0.75 * a.firstEntropy,
    say: (a) =>
      `${a.side}’s entropy fell from ${two(a.firstEntropy)} to ${two(a.entropy)} nats; ${share(a.agreeing)} of its groups now agree, so less is left to learn from.`,
  },
  {
    when: (a, b) => b.entropy - a.entropy > 0.08,
    say: (a, b) => `The same start, and already ${b.side} keeps ${two(b.entropy)} nats of entropy where ${a.side} has ${two(a.entropy)}.`,
  },
  {
    when: (a) => a.firstEntropy - a.entropy > 0.08,
    say: (a) => `Right answers grow, and entropy pays for them: ${two(a.firstEntropy)} nats at the start, ${two(a.entropy)} now.`,
  },
  { when: (a) => known(a.reward), say: (a, b) => `Learning: ${share(a.reward)} of ${a.side}’s answers are right, ${share(b.reward)} of ${b.side}’s.` },
];

/** What happened up to a step, in one sentence or two; empty where nothing is known. */
export function narrate(pair: readonly Track[], probe: number, step: number): string {
  const [a, b] = pair.map((track) => standingOf(track, probe, step));
  if (!a) return '';
  if (!b) return known(a.entropy) ? `Entropy ${two(a.firstEntropy)} nats at the start, ${two(a.entropy)} at step ${a.step}; reward ${two(a.reward)}.` : '';
  return RULES.find(({ when }) => when(a, b))?.say(a, b) ?? '';
}

export function standingOf({ info, frames }: Track, probe: number, step: number): SideStanding {
  const past = frames.filter((frame) => frame.step <= step);
  const series = (metric: string): { readonly step: number; readonly value: number }[] =>
    past.flatMap((frame) => {
      const value = frame.metrics[metric];
      return value === undefined || !Number.isFinite(value) ? [] : [{ step: frame.step, value }];
    });
  const recent = (metric: string): number =>
    mean(
      series(metric)
        .slice(-RECENT)
        .map(({ value }) => value),
    );
  const entropies = series('entropy');
  const evaluations = series('eval/heldout/mean@1');
  const best = evaluations.reduce((most, each) => (each.value > most.value ? each : most), { step: 0, value: -1 });
  const slice = past.findLast((frame) => frame.rivers[probe])?.rivers[probe];
  return {
    side: info.side,
    label: info.label,
    step: past.at(-1)?.step ?? 0,
    firstEntropy: entropies[0]?.value ?? Number.NaN,
    entropy: recent('entropy'),
    agreeing: recent('frac_reward_zero_std'),
    reward: recent('reward'),
    meanAt1: evaluations.at(-1)?.value ?? Number.NaN,
    bestMeanAt1: best.value < 0 ? Number.NaN : best.value,
    bestStep: best.step,
    alive: series('eval/heldout/distinct@8').at(-1)?.value ?? Number.NaN,
    streams: slice ? slice.probabilities.filter((probability) => probability >= STREAM).length : Number.NaN,
    likeliest: slice?.probabilities[0] ?? Number.NaN,
  };
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function known(value: number): boolean {
  return Number.isFinite(value);
}

function share(value: number): string {
  return `${Math.round(value * 100)}\u202f%`;
}

function one(value: number): string {
  return value.toFixed(1);
}

function two(value: number): string {
  return value.toFixed(2);
}

function number(count: number): string {
  return ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'][count] ?? String(count);
}
