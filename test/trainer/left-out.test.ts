/** What a step says and does where groups, completions or all of them take no part in its updates. */

import { describe, expect, it } from 'vitest';
import { keepsGroup } from '../../src/algorithms/stages/group-filter.ts';
import { createScorer } from '../../src/engines/scorer.ts';
import { ReferenceDevice } from '../../src/gpu/reference-device.ts';
import { moduleReward } from '../../src/rewards/module-reward.ts';
import { runTiny, tinyRecipe } from './tiny-run.ts';

const run = async (...overrides: readonly string[]) =>
  runTiny(new ReferenceDevice(), await tinyRecipe('optim.warmup_steps=0', 'optim.lr=0.01', ...overrides), {
    judges: { one: (completion) => (completion.includes('1') ? 1 : 0) },
  });

describe('groups of equal rewards', () => {
  const rare = ['steps=1', 'rollout.n=2', 'batch={"prompts":6,"update_prompts":6}', 'reward=[{"use":"test:one"}]'];

  it('count in the entropy of a step, whether its updates take them or not', async () => {
    const without = await run(...rare);
    // An entropy bonus of 0 that may grow later takes every group, and moves nothing in this step.
    const within = await run(...rare, 'algorithm.entropy_control={"max":0,"min":0}');
    expect(Number(without.rows[0]!['frac_reward_zero_std'])).toBeGreaterThan(0);
    expect(Number(without.rows[0]!['entropy'])).toBeCloseTo(Number(within.rows[0]!['entropy']), 5);
  });

  it('do not pass the filter for a reward that is missing', () => {
    const group = { prompt: 0, rows: [0, 1, 2] };
    const keeps = (...rewards: readonly number[]) => keepsGroup(rewards, group, { rule: 'spread' });
    expect([keeps(1, Number.NaN, 1), keeps(Number.NaN, 1, 1), keeps(Number.NaN, Number.NaN, Number.NaN)]).toEqual([false, false, false]);
    expect([keeps(1, Number.NaN, 0), keeps(1, 1, 0)]).toEqual([true, true]);
  });
});

describe('a filter of groups', () => {
  const filter = 'algorithm.filter_groups.enable=true';

  it('is by a reward that there is, or there is no run', async () => {
    const unknown = run('steps=1', filter, 'algorithm.filter_groups.metric=acc');
    await expect(unknown).rejects.toThrow('algorithm.filter_groups.metric: expected the name of a reward (digits), got acc.');
    expect((await run('steps=1', filter, 'algorithm.filter_groups.metric=digits')).error).toBeUndefined();
  });

  it('leaves no sampled token out of the speed of sampling', async () => {
    const { rows } = await run('steps=1', filter, 'rollout.n=2', 'reward=[{"use":"test:one"}]');
    const row = rows[0]!;
    expect(Number(row['num_gen_batches'])).toBeGreaterThan(1);
    expect(Number(row['perf/tokens_per_s_gen']) * Number(row['timing_s/gen'])).toBeCloseTo(Number(row['num_tokens']), 6);
    expect(Number(row['perf/tokens_per_s']) * Number(row['timing_s/step'])).toBeCloseTo(Number(row['num_tokens']), 6);
  });
});

describe('a KL charged to rewards', () => {
  it('is told by its own estimator, over every completion', async () => {
    const charged = ['steps=2', 'algorithm.kl_coef=0.1', 'algorithm.kl_in_reward=true'];
    // No charge yet in step 1, so that both runs sample the same in step 2.
    const [k1, k3] = [await run(...charged, 'algorithm.kl_estimator=k1'), await run(...charged, 'algorithm.kl_estimator=k3')];
    expect(k1.completions.map(({ completion }) => completion)).toEqual(k3.completions.map(({ completion }) => completion));
    expect(Number(k3.rows[1]!['kl'])).toBeGreaterThan(0);
    expect(Math.abs(Number(k1.rows[1]!['kl']) - Number(k3.rows[1]!['kl']))).toBeGreaterThan(1e-4);
  });
});

describe('an update without a token in its loss', () => {
  it('is none: neither momentum nor decay moves the policy', async () => {
    const { rows, error } = await run('steps=8', 'batch={"prompts":1}', 'rollout.n=2', 'rollout.max_tokens=2', 'algorithm.mask_truncated=true');
    expect(error).toBeUndefined();
    const counts = rows.map((row) => [row['completions/clipped_ratio'] === 1 ? 0 : 1, row['updates/count']]);
    expect(counts.some(([expected]) => expected === 0) && counts.some(([expected]) => expected === 1)).toBe(true);
    for (const [expected, count] of counts) expect(count).toBe(expected);
  });
});

describe('two rewards of one name', () => {
  it('are told apart, in scores and in weights', async () => {
    const score = moduleReward('same', ({ solution_str: text }) => String(text).length, 'single');
    const other = moduleReward('same', () => 1, 'single');
    const scorer = createScorer(
      [
        { reward: score, weight: 1 },
        { reward: other, weight: 3 },
      ],
      () => 'four',
    );
    expect([...scorer.weights!]).toEqual([
      ['same', 1],
      ['same_2', 3],
    ]);
    const none = new Float32Array(1);
    const rollout = { prompt: 0, member: 0, tokens: Uint32Array.of(1), logProbs: none, entropies: none, finishReason: 'length' } as const;
    const [scored] = await scorer.score([{ id: '0', source: 'test', text: '', columns: {} }], [rollout]);
    expect([scored!.reward, scored!.parts['same']!.score, scored!.parts['same_2']!.score]).toEqual([7, 4, 1]);
  });
});
