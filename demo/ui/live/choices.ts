/** What the controls say: the comparison that "Train it here" will make, and how it becomes a request. */

import { batch, type Signal, signal } from '@preact/signals';
import type { LiveRequest, LiveSide } from '../../data/live.ts';
import { PROBES } from '../../data/probes.ts';
import type { LensVariant } from '../../lens/reading.ts';
import type { PageState } from '../state/page-state.ts';
import { OWN_WEIGHT, variantNamed } from './menu.ts';
import { BUILT_IN_POLICY, POLICY_FILES, taskNamed } from './recipes.ts';

export interface Choices {
  readonly task: Signal<string>;
  /** Keys of variants. */
  readonly a: Signal<string>;
  readonly b: Signal<string>;
  /** Entropy that B holds, nats; 0 is off. */
  readonly target: Signal<number>;
  readonly learningRate: Signal<number>;
  readonly seeds: Signal<1 | 3>;
  /** The first of the seeds. */
  readonly seed: Signal<number>;
  /** The weight a person wrote in the lens; it stands in the menus then. */
  readonly ownWeight: Signal<string | null>;
  /** The recipe's text where a person changed it in the recipe view; else that of the task. */
  readonly recipeText: Signal<string | null>;
}

export function createChoices(): Choices {
  return {
    task: signal('make-the-number'),
    a: signal('grpo'),
    b: signal('clip_cov'),
    target: signal(0),
    learningRate: signal(4e-4),
    seeds: signal<1 | 3>(1),
    seed: signal(1),
    ownWeight: signal<string | null>(null),
    recipeText: signal<string | null>(null),
  };
}

/** Another task brings its own text and learning rate. */
export function chooseTask({ task, recipeText, learningRate }: Choices, key: string): void {
  batch(() => {
    task.value = key;
    recipeText.value = null;
    const rate = /\blr: ([\d.e-]+)/.exec(taskNamed(key).recipeText)?.[1];
    if (rate !== undefined) learningRate.value = Number(rate);
  });
}

/** The recipe both sides begin from. */
export function recipeTextOf({ task, recipeText }: Choices): string {
  return recipeText.value ?? taskNamed(task.value).recipeText;
}

/** What a side trains. */
export function sideOf(choices: Choices, side: 'A' | 'B'): LiveSide {
  const key = side === 'A' ? choices.a.value : choices.b.value;
  const own = key === OWN_WEIGHT ? choices.ownWeight.value : null;
  const variant = variantNamed(key);
  return {
    side,
    label: labelOf(choices, side, variant),
    recipeText: recipeTextOf(choices),
    overrides: [...overridesOf(choices, side, variant)],
    ...(own !== null && { weight: own }),
  };
}

/** The recipe keys that a side's controls set. */
export function overridesOf({ learningRate, target }: Choices, side: 'A' | 'B', variant: LensVariant): string[] {
  const held = side === 'B' && target.value > 0 ? [targetOverride(target.value)] : [];
  return [`optim.lr=${learningRate.value}`, ...variant.overrides, ...held];
}

/** A bonus whose coefficient chases the target, as fast as a short run needs. */
export function targetOverride(nats: number): string {
  return nats > 0 ? `algorithm.entropy_target={target: ${nats}, step: 0.01, max: 0.2}` : 'algorithm.entropy_target=null';
}

function labelOf({ target, ownWeight }: Choices, side: 'A' | 'B', variant: LensVariant): string {
  const label = variant.key === OWN_WEIGHT && ownWeight.value !== null ? 'Your own weight' : variant.label;
  return side === 'B' && target.value > 0 ? `${label}, H → ${target.value.toFixed(2)}` : label;
}

export function requestOf(choices: Choices, { shown, probe }: Pick<PageState, 'shown' | 'probe'>, keep: LiveRequest['keep']): LiveRequest {
  const first = choices.seed.value;
  const probes = shown.peek().probes.map(({ prompt }) => prompt);
  return {
    sides: [sideOf(choices, 'A'), sideOf(choices, 'B')],
    seeds: Array.from({ length: choices.seeds.value }, (_, i) => first + i),
    probes: probes.length > 0 ? probes : PROBES,
    watched: probe.peek(),
    keep,
    fresh: true,
    files: { baseUrl: document.baseURI, folders: new Map([[BUILT_IN_POLICY, POLICY_FILES]]) },
  };
}
