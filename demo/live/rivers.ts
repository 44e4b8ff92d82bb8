/**
 * Measures how a policy divides its answers to a few prompts.
 *
 * A task has about a million right answers a prompt, so bands are the likeliest of those that are known; their probabilities are exact, by one
 * teacher-forced pass over all of them. All other right answers together are the sampled share of right answers less the bands.
 */

import { answerLogProbs, numberPrompt, type NumberTask, parseNumberQuestion, type Prompt, type ScoredRollout, type TrainingRun } from '../../src/index.ts';
import type { RiverSlice } from '../data/frame.ts';
import { AnswerPool } from './answer-pool.ts';

/** Bands of a river, and completions sampled for the share of right answers. */
export const BANDS = 24;
export const RIVER_SAMPLES = 128;

/** What measuring needs of a run. */
export type MeasuredRun = Pick<TrainingRun, 'learner' | 'sampler' | 'scorer' | 'encode' | 'random' | 'evaluations'> & {
  readonly settings: Pick<TrainingRun['settings'], 'sampling' | 'updatePrompts'>;
};

interface Watched {
  readonly prompt: Prompt;
  readonly pool: AnswerPool;
}

export class Rivers {
  readonly #run: MeasuredRun;
  readonly #watched: readonly Watched[];
  readonly #threshold: number;

  constructor(run: MeasuredRun, probes: readonly string[], task: NumberTask) {
    const [endId] = run.settings.sampling.stopIds;
    this.#run = run;
    this.#watched = probes.map((text) => ({ prompt: promptOf(text), pool: new AnswerPool(text, endId!, task) }));
    this.#threshold = run.evaluations[0]?.threshold ?? 1;
  }

  /** A slice for each of the probes named, by place; null for the others. The policy does not move, and no random number of training is used. */
  async measure(step: number, probes: readonly number[]): Promise<(RiverSlice | null)[]> {
    const { learner, sampler, scorer, encode, random, settings } = this.#run;
    const { sampling, updatePrompts } = settings;
    const watched = probes.map((probe) => this.#watched[probe]!);
    const prompts = watched.map(({ prompt }) => prompt);
    const rollouts = await sampler.sample(prompts.map(encode), { ...sampling, n: RIVER_SAMPLES }, random.at(step).fork('rivers'));
    const right = (await scorer.score(prompts, rollouts)).filter((row) => row.reward >= this.#threshold);
    for (const row of right) watched[row.rollout.prompt]!.pool.add(row.completion.text, row.rollout.tokens);

    const asked = watched.map(({ pool }) => pool.ask());
    const questions = watched.map(({ prompt }, i) => ({ prompt: encode(prompt), completions: asked[i]!.map(({ tokens }) => tokens) }));
    const rows = updatePrompts * sampling.n;
    const logProbs = await answerLogProbs(learner, questions, { temperature: sampling.temperature, rows, length: sampling.maxTokens });
    const slices = watched.map(({ pool }, i) => sliceOf(pool.rank(asked[i]!, logProbs[i]!, BANDS), shareOf(right, i)));
    return this.#watched.map((_, probe) => slices[probes.indexOf(probe)] ?? null);
  }
}

function promptOf(text: string): Prompt {
  const question = parseNumberQuestion(text);
  return question ? numberPrompt(question) : { id: text, source: 'probe', text, columns: {} };
}

function sliceOf({ answers, probabilities }: Pick<RiverSlice, 'answers' | 'probabilities'>, sampledRight: number): RiverSlice {
  const bands = probabilities.reduce((sum, probability) => sum + probability, 0);
  const rest = Math.min(Math.max(0, sampledRight - bands), Math.max(0, 1 - bands));
  return { answers, probabilities, rest, wrong: Math.max(0, 1 - bands - rest), samples: RIVER_SAMPLES, sampledRight };
}

function shareOf(right: readonly ScoredRollout[], probe: number): number {
  return right.filter(({ rollout }) => rollout.prompt === probe).length / RIVER_SAMPLES;
}
