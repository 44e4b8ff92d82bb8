/** What a reward is: completions in, one number each out. */

import type { z } from 'zod';
import { RecipeError } from '../base/errors.ts';
import type { Prompt } from '../data/prompt.ts';

/** What the policy wrote for one prompt. */
export interface Completion {
  readonly prompt: Prompt;
  /**
   * The decoded tokens without the one that ended them. Other special tokens are spelled out: a reward must see a `<pad>` that
   * was sampled in the middle of an answer.
   */
  readonly text: string;
  /** The sampled tokens, the end token included. */
  readonly ids: Uint32Array;
  /** `length`: the limit was reached before an end token. */
  readonly finishReason: 'stop' | 'length';
}

/** What one reward says about one completion. */
export interface RewardRow {
  /** Null where the reward does not apply to this row, or failed on it. */
  readonly score: number | null;
  /** No answer could be read from the completion; the score says what that is worth. */
  readonly parseFailed?: boolean;
  /** Why there is no score, when the reward failed. */
  readonly error?: string;
  /** More columns for the log. */
  readonly extra?: Readonly<Record<string, number | string | boolean>>;
}

/** Scores completions. */
export interface Reward {
  readonly name: string;
  /** Least and greatest score. */
  readonly range: readonly [number, number];
  /** One row per completion, in their order. */
  score(batch: readonly Completion[]): Promise<readonly RewardRow[]>;
}

/** A reward that a recipe can name. */
export interface RewardKind {
  readonly name: string;
  /** The schema of its `args`, in the words of a recipe. */
  readonly options: z.ZodObject;
  /** @throws RecipeError if the arguments do not fit the schema */
  create(args: unknown): Reward;
}

/** Declares a reward that looks at one completion at a time. */
export function defineReward<Options extends z.ZodObject>(kind: {
  readonly name: string;
  readonly options: Options;
  readonly range: (options: z.output<Options>) => readonly [number, number];
  readonly judge: (completion: Completion, options: z.output<Options>) => RewardRow;
}): RewardKind {
  const { name, options: schema } = kind;
  return {
    name,
    options: schema,
    create(args) {
      const parsed = schema.safeParse(args ?? {});
      if (!parsed.success) {
        throw new RecipeError(
          parsed.error.issues.map((issue) => ({
            path: ['args', ...issue.path].join('.'),
            message: `${name}: ${faultOf(issue, Object.keys(schema.shape))}.`,
          })),
        );
      }
      return {
        name,
        range: kind.range(parsed.data),
        score: async (batch) => batch.map((completion) => kind.judge(completion, parsed.data)),
      };
    },
  };
}

/** What is wrong with the arguments, in the words of the recipe's own faults. */
function faultOf(issue: z.core.$ZodIssue, keys: readonly string[]): string {
  if (issue.code === 'unrecognized_keys') return `expected ${keys.join(', ')}, got ${issue.keys.join(', ')}`;
  return issue.message
    .replace(/^Invalid input: /, '')
    .replace('received undefined', 'got nothing')
    .replace('received', 'got');
}
