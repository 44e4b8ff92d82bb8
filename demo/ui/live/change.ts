/** Controls while a run trains: what changes takes effect at the side's next step. */

import { VARIANTS } from '../../lens/variants.ts';
import { type Choices, sideOf, targetOverride } from './choices.ts';
import type { LiveRun } from './live-run.ts';
import { OWN_WEIGHT } from './menu.ts';

/** Values of keys that variants set and that are no block of their own. */
const DEFAULTS: Readonly<Record<string, string>> = {
  'algorithm.entropy_coef': '0',
  'algorithm.clip_low': '0.2',
  'algorithm.clip_high': '0.2',
  'algorithm.surrogate': 'clip',
  'algorithm.ratio': 'token',
  'algorithm.loss_agg': 'token-mean',
  'algorithm.advantage_scale': 'group',
  'algorithm.advantage_center': 'mean',
};

/** Makes a side another variant; what others would have set goes back to its default. */
export function changeSide(choices: Choices, run: LiveRun, side: 'A' | 'B', key: string): void {
  (side === 'A' ? choices.a : choices.b).value = key;
  if (!isRunning(run)) return;
  const { label, overrides = [], weight } = sideOf(choices, side);
  const set = new Set(overrides.map(keyOf));
  const resets = [...new Set(VARIANTS.flatMap((variant) => variant.overrides.map(keyOf)))].filter((name) => !set.has(name));
  run.say({
    kind: 'change',
    side,
    label,
    overrides: [...resets.map((name) => `${name}=${DEFAULTS[name] ?? 'null'}`), ...overrides],
    weight: key === OWN_WEIGHT ? (weight ?? null) : null,
  });
}

/** Moves the entropy that B holds. */
export function changeTarget(choices: Choices, run: LiveRun, nats: number): void {
  choices.target.value = nats;
  if (isRunning(run)) run.say({ kind: 'change', side: 'B', label: sideOf(choices, 'B').label, overrides: [targetOverride(nats)] });
}

export function changeRate(choices: Choices, run: LiveRun, rate: number): void {
  choices.learningRate.value = rate;
  if (!isRunning(run)) return;
  for (const side of ['A', 'B'] as const) run.say({ kind: 'change', side, overrides: [`optim.lr=${rate}`] });
}

/** A worker that is still opening its device takes changes too: they are there before the first step. */
function isRunning({ status }: LiveRun): boolean {
  return ['starting', 'training', 'pausing', 'paused'].includes(status.peek().kind);
}

function keyOf(override: string): string {
  return override.slice(0, override.indexOf('='));
}
