/** Samples and scores groups of completions; with a filter, goes on until enough of them can teach (DAPO's dynamic sampling). */

import { keepsGroup } from '../algorithms/stages/group-filter.ts';
import { GuardError } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import type { Prompt } from '../data/prompt.ts';
import type { ScoredRollout } from '../engines/scorer.ts';
import { formBatch } from './rollout-batch.ts';
import type { StepReport } from './step-report.ts';
import type { TrainingRun } from './training-run.ts';

export interface SampledGroups {
  /** The rollouts of `settings.prompts` groups; `rollout.prompt` is an index into `promptTokens`. */
  readonly scored: readonly ScoredRollout[];
  readonly promptTokens: readonly Uint32Array[];
  /** Batches that were sampled for them, and all tokens of those. */
  readonly batches: number;
  readonly tokens: number;
  /** By prompt, where the algorithm asks for them: what its most probable completion earned; NaN where that is missing. */
  readonly greedyRewards?: readonly number[];
  /** Tokens of that completion. */
  readonly greedyLengths?: readonly number[];
}

/** @throws GuardError when the filter's limit of batches is reached before there are groups enough */
export async function sampleGroups(run: TrainingRun, random: Random, report: StepReport): Promise<SampledGroups> {
  const { settings, progress } = run;
  const kept: ScoredRollout[] = [];
  const promptTokens: Uint32Array[] = [];
  const keptPrompts: Prompt[] = [];
  const seen = { good: 0, bad: 0, groups: 0 };
  let tokens = 0;
  for (let batch = 0; ; batch++) {
    const prompts = run.prompts.take(progress.cursor + batch * settings.prompts, settings.prompts);
    const ids = prompts.map(run.encode);
    const stream = random.fork(batch === 0 ? 'rollout' : `rollout.${batch}`);
    const rollouts = await report.timed('gen', () => run.sampler.sample(ids, settings.sampling, stream));
    const scored = await report.timed('reward', () => run.scorer.score(prompts, rollouts));
    tokens += rollouts.reduce((sum, rollout) => sum + rollout.tokens.length, 0);

    for (const rows of passing(run, scored, seen)) {
      if (promptTokens.length === settings.prompts) break;
      const asked = rows[0]!.rollout.prompt;
      const prompt = promptTokens.push(ids[asked]!) - 1;
      keptPrompts.push(prompts[asked]!);
      kept.push(...rows.map((row) => ({ ...row, rollout: { ...row.rollout, prompt } })));
    }
    if (promptTokens.length === settings.prompts) {
      if (!run.algorithm.needs.greedyRewards) return { scored: kept, promptTokens, batches: batch + 1, tokens };
      const greedy = await scoreGreedy(run, keptPrompts, promptTokens, random.fork('greedy'), report);
      const greedyTokens = greedy.lengths.reduce((sum, length) => sum + length, 0);
      return { scored: kept, promptTokens, batches: batch + 1, tokens: tokens + greedyTokens, greedyRewards: greedy.rewards, greedyLengths: greedy.lengths };
    }
    if (batch + 1 === settings.filterGroups!.maxGenBatches) throw tooFew(promptTokens.length, settings.prompts, batch + 1, seen);
  }
}

/** One completion of each prompt that takes the most probable token throughout, and what it earns. */
async function scoreGreedy(
  { sampler, scorer, settings }: TrainingRun,
  prompts: readonly Prompt[],
  promptTokens: readonly Uint32Array[],
  random: Random,
  report: StepReport,
): Promise<{ readonly rewards: readonly number[]; readonly lengths: readonly number[] }> {
  const greedy = { ...settings.sampling, n: 1, temperature: 0, topK: 0, topP: 1, minP: 0 };
  const rollouts = await report.timed('gen', () => sampler.sample(promptTokens, greedy, random));
  const scored = await report.timed('reward', () => scorer.score(prompts, rollouts));
  return { rewards: scored.map(({ reward }) => reward), lengths: rollouts.map(({ tokens }) => tokens.length) };
}

/** The groups that pass the filter, each as its rows. */
function passing({ settings }: TrainingRun, scored: readonly ScoredRollout[], seen: { good: number; bad: number; groups: number }): ScoredRollout[][] {
  const { groups, rewards, rewardParts } = formBatch(scored, settings.sampling.maxTokens);
  const { filterGroups } = settings;
  const metric = filterGroups?.metric ? (rewardParts.get(filterGroups.metric) ?? rewards) : rewards;
  return groups.flatMap((group) => {
    const isKept = filterGroups === null || keepsGroup(metric, group, { rule: 'spread' });
    seen.groups++;
    if (!isKept && metric[group.rows[0]!]! > 0) seen.good++;
    else if (!isKept) seen.bad++;
    return isKept ? [group.rows.map((row) => scored[row]!)] : [];
  });
}

function tooFew(found: number, wanted: number, batches: number, { good, bad, groups }: { good: number; bad: number; groups: number }): GuardError {
  const percent = (count: number) => `${Math.round((100 * count) / Math.max(1, groups))} %`;
  return new GuardError(
    `dynamic sampling: expected ${wanted} groups with differing rewards, got ${found} in ${batches} batches; ${percent(good)} of groups were all right and ${percent(bad)} all wrong. Choose prompts of another difficulty, or raise algorithm.filter_groups.max_gen_batches.`,
  );
}
