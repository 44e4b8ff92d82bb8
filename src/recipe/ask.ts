/** A model asked one question, without a recipe: as a user's turn where it has a chat template, else as text to go on from. */

import { DataError } from '../base/errors.ts';
import { Random } from '../base/random.ts';
import { type Prompt, promptSet } from '../data/prompt.ts';
import type { FinishReason } from '../rollout/rollout.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { buildPolicy } from './build.ts';
import { recipeFrom, recipeSchema } from './recipe.ts';
import type { BuildServices } from './services.ts';

/** What a model is asked, and how it may answer. */
export interface Question {
  /** A folder, a GGUF file, or a model of the hub. */
  readonly model: string;
  readonly text: string;
  /** A system turn before it; the chat template's own where null. */
  readonly system: string | null;
  /** Answers, and tokens of the longest. */
  readonly n: number;
  readonly maxTokens: number;
  /** 0 takes the likeliest token. */
  readonly temperature: number;
  readonly seed: number;
}

export interface Answer {
  readonly text: string;
  readonly ids: readonly number[];
  /** Under the distribution drawn from, nats. */
  readonly logProbs: readonly number[];
  readonly finishReason: FinishReason;
}

/** Room for the longest question anyone types. */
const LONGEST_QUESTION = 8192;

/** @throws DataError if the model cannot be opened, or has a system turn to take and no chat template to put it in */
export async function askModel(question: Question, services: BuildServices): Promise<readonly Answer[]> {
  const { model, system, n, maxTokens, temperature, seed } = question;
  const recipe = recipeFrom(
    recipeSchema.parse({
      seed,
      model: { path: model },
      data: { train: 'question', system_prompt: system, max_prompt_length: LONGEST_QUESTION },
      rollout: { n, max_tokens: maxTokens },
      batch: { prompts: 1 },
    }),
  );
  const tokenizers: Tokenizer[] = [];
  const built = await buildPolicy(recipe, {
    ...services,
    async openTokenizer(folder, revision) {
      const opened = await services.openTokenizer(folder, revision);
      tokenizers.push(opened.tokenizer);
      return opened;
    },
    readPrompts: () => Promise.resolve(promptSet('question', [promptOf(question, tokenizers.at(-1)!)])),
  });
  const [prompt] = built.prompts.train.prompts;
  const sampling = { ...built.sampling, temperature };
  const rollouts = await built.sampler.sample([built.encode(prompt!)], sampling, Random.seeded(seed).fork('sample'));
  return rollouts.map(({ tokens, logProbs, finishReason }) => ({
    text: built.policy.tokenizer.decode(finishReason === 'stop' ? tokens.subarray(0, -1) : tokens),
    ids: Array.from(tokens),
    logProbs: Array.from(logProbs),
    finishReason,
  }));
}

function promptOf({ model, text, system }: Question, { chatTemplate }: Tokenizer): Prompt {
  const shared = { id: 'question', source: 'question', columns: {} };
  if (chatTemplate !== null) return { ...shared, messages: [{ role: 'user', content: text }] };
  if (system !== null) throw new DataError(`${model}: expected a chat template for a system turn, got a model without one. Leave --system out.`);
  return { ...shared, text };
}
