/** A person's own function as a reward, in either of two shapes that trainers use today. */

import type { Completion, Reward, RewardRow } from './reward.ts';

/**
 * `batch` is TRL's shape: columns in, a list of scores out. `single` is verl's: one completion at a time, told apart by
 * `data_source`.
 */
export type RewardShape = 'batch' | 'single';

export type RewardFunction = (input: Readonly<Record<string, unknown>>) => unknown;

/** The file, and perhaps the export after a colon, that a recipe's `use` names: a path that ends in .js, .mjs, .cjs, .ts, .mts or .cts. */
export function moduleNamed(use: string): { readonly path: string; readonly name: string | undefined } | undefined {
  const [, path, name] = /^(.+\.[cm]?[jt]s)(?::([\w$]+))?$/.exec(use) ?? [];
  return path === undefined ? undefined : { path, name };
}

/**
 * Makes a reward of a function.
 *
 *   batch   ({ prompts, completions, completion_ids, log_metric, log_extra, ...columns }) → (number | null)[]
 *   single  ({ data_source, solution_str, ground_truth, extra_info }) → number | { score, ...extra }
 *
 * As in TRL, prompts and completions are texts for a text prompt and lists of messages for a conversation, and every other
 * column of the data arrives as a list under its own name. A score of true counts as 1, false as 0, null as not applicable.
 * A single call that throws fails its own row; a batch that throws fails them all.
 *
 * @param args handed to every call beside the rest
 */
export function moduleReward(name: string, call: RewardFunction, shape: RewardShape, args: Readonly<Record<string, unknown>> = {}): Reward {
  return {
    name,
    range: [-Infinity, Infinity],
    score: shape === 'single' ? (batch) => Promise.all(batch.map((completion) => callSingle(call, completion, args))) : (batch) => callBatch(call, batch, args),
  };
}

async function callSingle(call: RewardFunction, { prompt, text }: Completion, args: Readonly<Record<string, unknown>>): Promise<RewardRow> {
  try {
    const result = await call({
      ...args,
      data_source: prompt.source,
      solution_str: text,
      ground_truth: prompt.answer ?? null,
      extra_info: prompt.columns['extra_info'] ?? prompt.columns,
    });
    if (typeof result !== 'object' || result === null) return { score: scoreOf(result) };
    const { score, ...rest } = { score: undefined, ...result };
    const extra = Object.fromEntries(Object.entries(rest).filter(isLoggable));
    return { score: scoreOf(score), extra };
  } catch (error) {
    return { score: null, error: `${prompt.id}: ${String(error)}` };
  }
}

async function callBatch(call: RewardFunction, batch: readonly Completion[], args: Readonly<Record<string, unknown>>): Promise<readonly RewardRow[]> {
  const extras = batch.map((): Record<string, number | string | boolean> => ({}));
  const scores = await call({
    ...args,
    ...columnsOf(batch),
    prompts: batch.map(({ prompt }) => prompt.messages ?? prompt.text),
    completions: batch.map(({ prompt, text }) => (prompt.messages ? [{ role: 'assistant', content: text }] : text)),
    completion_ids: batch.map(({ ids }) => [...ids]),
    // A number for the whole batch stands on each of its rows, so that their mean is that number.
    log_metric: (column: string, value: number) => extras.forEach((extra) => (extra[column] = value)),
    log_extra: (column: string, values: readonly unknown[]) =>
      extras.forEach((extra, i) => {
        const entry: [string, unknown] = [column, values[i]];
        if (isLoggable(entry)) extra[column] = entry[1];
      }),
  });
  if (!Array.isArray(scores) || scores.length !== batch.length) {
    const got = Array.isArray(scores) ? String(scores.length) : typeof scores;
    throw new Error(`expected a list of ${batch.length} scores, got ${got}. A function of one completion is named compute_score, or has args.shape: single.`);
  }
  const list: readonly unknown[] = scores;
  return list.map((score, i): RewardRow => {
    const extra = extras[i] ?? {};
    try {
      return { score: scoreOf(score), extra };
    } catch (error) {
      return { score: null, error: `${batch[i]?.prompt.id}: ${String(error)}`, extra };
    }
  });
}

/** Every column of a batch as a list, null where a row lacks it. The prompt's own column arrives as `prompts`. */
function columnsOf(batch: readonly Completion[]): Record<string, readonly unknown[]> {
  const names = new Set(batch.flatMap(({ prompt }) => Object.keys(prompt.columns)));
  names.delete('prompt');
  return Object.fromEntries([...names].map((name) => [name, batch.map(({ prompt }) => prompt.columns[name] ?? null)]));
}

function scoreOf(value: unknown): number | null {
  if (typeof value === 'number' || value === null) return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  throw new Error(`expected a score that is a number or null, got ${JSON.stringify(value) ?? typeof value}.`);
}

function isLoggable(entry: [string, unknown]): entry is [string, number | string | boolean] {
  return ['number', 'string', 'boolean'].includes(typeof entry[1]);
}
