/**
 * The recipe: everything that describes a run, as one schema. Command line, form, JSON schema, documentation and error messages
 * are drawn from it. Files and command line use snake_case; `Recipe` is the same in camelCase, the form constructors take.
 */

import { z } from 'zod';
import { algorithmSchema } from './blocks/algorithm.ts';
import { batchSchema } from './blocks/batch.ts';
import { checkpointSchema } from './blocks/checkpoint.ts';
import { dataSchema } from './blocks/data.ts';
import { evalSchema } from './blocks/eval.ts';
import { guardsSchema } from './blocks/guards.ts';
import { logSchema } from './blocks/log.ts';
import { loraSchema } from './blocks/lora.ts';
import { modelSchema } from './blocks/model.ts';
import { optimSchema } from './blocks/optim.ts';
import { refSchema } from './blocks/ref.ts';
import { rewardSchema } from './blocks/reward.ts';
import { rolloutSchema } from './blocks/rollout.ts';
import { runSchema } from './blocks/run.ts';
import { type CamelCased, camelCased } from './camel-case.ts';
import { about } from './field.ts';

/** The schema of a recipe file. */
export const recipeSchema = z.strictObject({
  recipe_version: z.literal(1).default(1).meta(about('Version of the defaults; they never change within one version.')),
  method: z.enum(['grpo', 'sft']).default('grpo').meta(about('Reinforcement learning in groups, or supervised training on completions.')),
  seed: z.int().min(0).default(42).meta(about('Every random number of the run follows from it.')),
  steps: z.int().min(1).default(100).meta(about('Steps of the run.', 'steps')),
  run: runSchema,
  model: modelSchema,
  lora: loraSchema,
  data: dataSchema,
  rollout: rolloutSchema,
  batch: batchSchema,
  reward: rewardSchema,
  algorithm: algorithmSchema,
  optim: optimSchema,
  ref: refSchema,
  eval: evalSchema,
  checkpoint: checkpointSchema,
  resume: z
    .string()
    .min(1)
    .default('auto')
    .meta(about('auto: go on from the newest checkpoint of this run; never: keep that run aside and start over; or the folder of a checkpoint.')),
  log: logSchema,
  guards: guardsSchema,
  adapter: z
    .string()
    .min(1)
    .default('auto')
    .meta(about('GPU adapter: part of its name, lavapipe, swiftshader, or native (the WebGPU of the runtime itself); auto takes the fastest.')),
});

/** A complete recipe as files spell it. */
export type RecipeValues = z.output<typeof recipeSchema>;
/** A recipe as people write it: only what differs from the defaults. */
export type RecipeInput = z.input<typeof recipeSchema>;
/** A complete recipe as the code takes it. */
export type Recipe = CamelCased<RecipeValues>;

/** The camelCase form of a complete recipe. */
export function recipeFrom(values: RecipeValues): Recipe {
  return camelCased(recipeSchema, values);
}
