import { describe, expect, it } from 'vitest';
import { NO_NEEDS } from '../../src/algorithms/algorithm.ts';
import { GuardError } from '../../src/base/errors.ts';
import { Random } from '../../src/base/random.ts';
import { promptOrder, promptSet } from '../../src/data/prompt.ts';
import type { ScoredRollout } from '../../src/engines/scorer.ts';
import { sampleGroups } from '../../src/trainer/sample-groups.ts';
import { StepReport } from '../../src/trainer/step-report.ts';
import type { TrainingRun } from '../../src/trainer/training-run.ts';

const prompts = promptSet(
  'numbers',
  Array.from({ length: 8 }, (_, i) => ({ id: `${i}`, source: 'test', text: `${i}`, columns: {} })),
);

/** A run whose prompts with an even number are answered both rightly and wrongly, and the others as `odd` says. */
function runWith(filterGroups: TrainingRun['settings']['filterGroups'], odd: number, greedyRewards = false): TrainingRun {
  const run = {
    prompts: promptOrder(prompts, { seed: 1, shuffle: false }),
    encode: (prompt: { text?: string }) => Uint32Array.of(Number(prompt.text)),
    algorithm: { needs: { ...NO_NEEDS, greedyRewards } },
    settings: { prompts: 2, filterGroups, sampling: { maxTokens: 4, temperature: 1, n: 2 } },
    progress: { step: 0, updates: 0, cursor: 0, tokens: 0 },
    sampler: {
      sample: (ids: readonly Uint32Array[], { n, temperature }: { readonly n: number; readonly temperature: number }) =>
        Promise.resolve(
          ids.flatMap((_, prompt) =>
            Array.from({ length: n }, (__, member) => ({
              prompt,
              // The greedy completion earns what no member of a group does.
              member: temperature === 0 ? 7 : member,
              tokens: Uint32Array.of(1, 2),
              logProbs: new Float32Array(2),
              entropies: new Float32Array(2),
              finishReason: 'stop',
            })),
          ),
        ),
    },
    scorer: {
      score: (asked: readonly { text?: string }[], rollouts: readonly { prompt: number; member: number }[]) =>
        Promise.resolve(
          rollouts.map((rollout) => {
            const isEven = Number(asked[rollout.prompt]!.text) % 2 === 0;
            return { rollout, completion: { prompt: asked[rollout.prompt]!, text: '' }, reward: isEven ? rollout.member : odd, parts: {} };
          }),
        ) as unknown as Promise<ScoredRollout[]>,
    },
  };
  return run as unknown as TrainingRun;
}

describe('sampling groups', () => {
  it('takes every group without a filter', async () => {
    const { scored, promptTokens, batches, tokens } = await sampleGroups(runWith(null, 0), Random.seeded(1), new StepReport(1));
    expect([promptTokens.map(([id]) => id), batches, scored.length, tokens]).toEqual([[0, 1], 1, 4, 8]);
  });

  it('goes on until there are groups enough whose rewards differ, and counts what it threw away', async () => {
    const { scored, promptTokens, batches, tokens } = await sampleGroups(runWith({ metric: null, maxGenBatches: 10 }, 0), Random.seeded(1), new StepReport(1));
    expect([promptTokens.map(([id]) => id), batches, tokens]).toEqual([[0, 2], 2, 16]);
    expect(scored.map(({ rollout }) => rollout.prompt)).toEqual([0, 0, 1, 1]);
  });

  it('asks for one greedy completion of each prompt that is kept, and only where it is needed', async () => {
    const filter = { metric: null, maxGenBatches: 10 };
    const { greedyRewards, scored, tokens } = await sampleGroups(runWith(filter, 0, true), Random.seeded(1), new StepReport(1));
    expect([greedyRewards, scored.length, tokens]).toEqual([[7, 7], 4, 16 + 4]);
    expect((await sampleGroups(runWith(filter, 0), Random.seeded(1), new StepReport(1))).greedyRewards).toBeUndefined();
  });

  it('stops at the limit and says how many groups were all right or all wrong', async () => {
    const tooFew = sampleGroups(runWith({ metric: null, maxGenBatches: 1 }, 1), Random.seeded(1), new StepReport(1));
    await expect(tooFew).rejects.toThrow(GuardError);
    await expect(tooFew).rejects.toThrow(/expected 2 groups .* got 1 in 1 batches; 50 % of groups were all right and 0 % all wrong/);
  });
});
