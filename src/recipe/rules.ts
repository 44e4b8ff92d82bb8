/** What no single key can tell: which keys must agree. */

import { takesGroupsOfOne } from '../algorithms/estimators.ts';
import type { RecipeIssue } from '../base/errors.ts';
import type { RecipeValues } from './recipe.ts';

/** A rule: the keys it looks at, and what is wrong with them, if anything. The first key carries the message. */
interface Rule {
  readonly keys: readonly [string, ...string[]];
  readonly problem: (recipe: RecipeValues) => string | false | null | undefined;
}

const rules: readonly Rule[] = [
  {
    keys: ['model', 'model.path', 'model.init'],
    problem: ({ model }) =>
      (model.path === null) === (model.init === null) &&
      `expected one of model.path and model.init, got ${model.path === null ? 'neither' : 'both'}. Name a folder of weights, or the shape of a fresh model.`,
  },
  {
    keys: ['data', 'data.train', 'data.task'],
    problem: ({ data }) =>
      (data.train === null) === (data.task === null) &&
      `expected one of data.train and data.task, got ${data.train === null ? 'neither' : 'both'}. Name a .jsonl file, or a built-in task.`,
  },
  {
    keys: ['model.init.heads', 'model.init.width', 'model.init.kv_heads'],
    problem: ({ model: { init } }) =>
      init &&
      (init.width % init.heads !== 0 || init.heads % (init.kv_heads ?? init.heads) !== 0) &&
      `expected heads that divide width and that kv_heads divides, got width ${init.width}, heads ${init.heads}, kv_heads ${init.kv_heads ?? init.heads}.`,
  },
  {
    keys: ['rollout.n', 'method', 'algorithm.advantage', 'algorithm.advantage_center', 'algorithm.compat'],
    problem: ({ method, rollout, algorithm }) =>
      method === 'grpo' &&
      rollout.n === 1 &&
      !takesSingletons(algorithm) &&
      'expected 2 or more, got 1. A completion is compared with its group, and a group of one teaches nothing.',
  },
  {
    keys: ['algorithm.clip_delta', 'algorithm.clip_high'],
    problem: ({ algorithm: { clip_delta: delta, clip_high: high, surrogate } }) =>
      delta !== null &&
      surrogate === 'clip' &&
      delta <= 1 + high &&
      `expected more than 1 + clip_high (${1 + high}), got ${delta}. A bound inside the clip would hold nothing.`,
  },
  {
    keys: ['algorithm.clip_delta', 'algorithm.ratio'],
    problem: ({ algorithm: { clip_delta: delta, ratio } }) =>
      delta !== null && ratio === 'sequence' && `expected null with ratio sequence, got ${delta}. Two-sided clipping is of the ratios of tokens.`,
  },
  {
    keys: ['algorithm.entropy_control', 'algorithm.kl_cov'],
    problem: ({ algorithm: { entropy_control: control, kl_cov: klCov } }) =>
      control?.actuator === 'kl_cov_coef' &&
      klCov === null &&
      'expected a kl_cov block, whose coefficient the controller moves, got none. Write kl_cov: {}, or choose another actuator.',
  },
  {
    keys: ['algorithm.entropy_control.min', 'algorithm.entropy_control.max'],
    problem: ({ algorithm: { entropy_control: control } }) =>
      control && control.min > control.max && `expected a min of at most max (${control.max}), got ${control.min}.`,
  },
  {
    keys: ['algorithm.kl_control', 'algorithm.kl_coef'],
    problem: ({ algorithm: { kl_control: control, kl_coef: start } }) =>
      control !== null &&
      start === 0 &&
      'expected a kl_coef above 0 to begin with, got 0, which it could never leave. Set algorithm.kl_coef, for example to 1e-3.',
  },
  {
    keys: ['algorithm.maxent.beta_control', 'algorithm.maxent.beta'],
    problem: ({ algorithm: { maxent } }) =>
      maxent?.beta_control && maxent.beta === 0 && 'expected a beta above 0 to begin with, got 0, which it could never leave. Set algorithm.maxent.beta.',
  },
  {
    keys: ['batch.update_prompts', 'batch.prompts'],
    problem: ({ batch: { prompts, update_prompts: part } }) =>
      part !== null && prompts % part !== 0 && `expected a divisor of batch.prompts (${prompts}), got ${part}. ${nearestDivisors(prompts, part)}`,
  },
  {
    keys: ['reward', 'method'],
    problem: ({ method, reward }) => method === 'grpo' && reward.length === 0 && 'expected at least one reward, got none. Write reward: [{ use: … }].',
  },
  {
    keys: ['data.make_the_number.targets'],
    problem: ({
      data: {
        make_the_number: {
          targets: [low, high],
        },
      },
    }) => low > high && `expected the smaller number first, got [${low}, ${high}].`,
  },
  {
    keys: ['eval.k', 'eval.n'],
    problem: ({ eval: { k, n } }) => k !== null && k > n && `expected at most eval.n (${n}), got ${k}. pass@${k} needs ${k} completions of each prompt.`,
  },
  {
    keys: ['eval.data', 'data.task'],
    problem: ({ eval: { data }, data: { task } }) =>
      data === 'heldout' && task === null && 'expected the path of a .jsonl file, got heldout. Only a task has held-out prompts.',
  },
  {
    keys: ['checkpoint.keep_best', 'eval.data'],
    problem: ({ checkpoint: { keep_best: metric }, eval: { data } }) =>
      metric?.startsWith('eval/') && data === null && `expected eval.data to be set, since ${metric} is measured there. Set eval.data, or keep_best: reward.`,
  },
  {
    keys: ['optim.warmup_steps', 'steps', 'optim.schedule_steps'],
    problem: ({ optim, steps }) => {
      const length = optim.schedule_steps ?? steps;
      return (
        optim.schedule !== 'constant' &&
        optim.warmup_steps >= length &&
        optim.warmup_steps > 0 &&
        `expected fewer than the ${length} steps of the schedule, got ${optim.warmup_steps}.`
      );
    },
  },
];

/** What the rules find wrong, leaving out rules that look at a key that is wrong already. */
export function brokenRules(recipe: RecipeValues, wrong: ReadonlySet<string>): RecipeIssue[] {
  return rules.flatMap(({ keys, problem }) => {
    const message = keys.some((key) => touches(key, wrong)) ? undefined : problem(recipe);
    return message ? [{ path: keys[0], message }] : [];
  });
}

/** Whether completions are compared with something else than their group, or a group of one is let through by a flag. */
function takesSingletons({ advantage, advantage_center: center, compat }: RecipeValues['algorithm']): boolean {
  return takesGroupsOfOne(advantage) || (advantage === 'grpo' && center === 'none') || compat.advantage.singleton !== 'zero';
}

function touches(key: string, wrong: ReadonlySet<string>): boolean {
  return [...wrong].some((path) => path === key || path.startsWith(`${key}.`) || key.startsWith(`${path}.`));
}

function nearestDivisors(whole: number, part: number): string {
  const divisors = Array.from({ length: whole }, (_, i) => i + 1).filter((d) => whole % d === 0);
  const below = divisors.findLast((d) => d < part);
  const above = divisors.find((d) => d > part);
  return `Nearest: ${[below, above].filter((d) => d !== undefined).join(' or ')}.`;
}
