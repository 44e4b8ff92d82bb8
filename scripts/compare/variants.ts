/** What is compared: recipes of examples/recipes, and for each the metric that says whether the method acted in a step. */

import type { MetricRow } from './run-figures.ts';

/** How one sees in a step's metrics that a method acted. */
export interface Actuator {
  /** Metric of what the method moves; undefined for plain GRPO. */
  readonly actuator?: string;
  /** Whether the method acted, given that metric; where not given, whether it is not zero. */
  readonly acted?: (value: number) => boolean;
}

export interface Variant extends Actuator {
  /** Name of its file in examples/recipes, without the ending. */
  readonly recipe: string;
}

/** Completions of a group in make-the-number.yaml: a target that tells none of them apart has the entropy ln 8. */
const GROUP_SIZE = 8;

const TARGET_SPREAD: Actuator = { actuator: 'weight_entropy', acted: (value) => value < Math.log(GROUP_SIZE) - 1e-6 };

export const VARIANTS: Readonly<Record<string, Variant>> = {
  GRPO: { recipe: 'make-the-number' },
  'Clip-higher': { recipe: 'clip-higher', actuator: 'clip_ratio/high_mean' },
  'Clip-Cov': { recipe: 'clip-cov', actuator: 'select/dropped_share' },
  'KL-Cov': { recipe: 'kl-cov', actuator: 'select/pulled_share' },
  EGPO: { recipe: 'egpo', actuator: 'egpo/weight/std' },
  MaxEnt: { recipe: 'maxent', ...TARGET_SPREAD },
  'MaxEnt, listwise': { recipe: 'maxent-listwise', ...TARGET_SPREAD },
  'Entropic Resistance': { recipe: 'entropic-resistance', actuator: 'epistemic_reward' },
  'entropy bonus': { recipe: 'entropy-bonus' },
  'entropy controller': { recipe: 'entropy-controller', actuator: 'entropy_control/actuator' },
};

/** The share of steps in which the method acted, or null where the variant has no such metric. */
export function actedShare({ actuator, acted = (value) => value !== 0 }: Actuator, rows: readonly MetricRow[]): number | null {
  if (actuator === undefined) return null;
  const values = rows.flatMap(({ [actuator]: value }) => (typeof value === 'number' ? [value] : []));
  return values.length === 0 ? 0 : values.filter(acted).length / values.length;
}
