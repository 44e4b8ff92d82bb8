import { describe, expect, it } from 'vitest';
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
function runWith(filterGroups: TrainingRun['settings']['filterGroups'], odd: number): TrainingRun {
  const run = {
    prompts: promptOrder(prompts, { seed: 1, shuffle: false }),
    encode: (prompt: { text?: string }) => Uint32Array.of(Number(prompt.text)),
    settings: { prompts: 2, filterGroups, sampling: { maxTokens: 4 } },
    progress: { step: 0, updates: 0, cursor: 0, tokens: 0 },
    sampler: {
      sample: (ids: readonly Uint32Array[]) =>
        Promise.resolve(
          ids.flatMap((_, prompt) =>
            [0, 1].map((member) => ({
              prompt,
              member,
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

  it('stops at the limit and says how many groups were all right or all wrong', async () => {
    const tooFew = sampleGroups(runWith({ metric: null, maxGenBatches: 1 }, 1), Random.seeded(1), new StepReport(1));
    await expect(tooFew).rejects.toThrow(GuardError);
    await expect(tooFew).rejects.toThrow(/expected 2 groups .* got 1 in 1 batches; 50 % of groups were all right and 0 % all wrong/);
  });
});
