import { describe, expect, it } from 'vitest';
import { createScorer } from '../../src/engines/scorer.ts';
import { builtInReward } from '../../src/rewards/index.ts';
import { DataError, GuardError } from '../../src/base/errors.ts';
import { ReferenceDevice } from '../../src/gpu/reference-device.ts';
import type { MetricsRow } from '../../src/trainer/observer.ts';
import { runTiny, tinyRecipe, type Judge } from './tiny-run.ts';

const judged = ['reward=[{"use":"test:judge"}]', 'steps=6'];

/** Trains on the reference device with one judge. */
async function runJudged(judge: Judge, ...overrides: readonly string[]) {
  return runTiny(new ReferenceDevice(), await tinyRecipe(...judged, ...overrides), { judges: { judge } });
}

const numbersOf = (row: MetricsRow): number[] => Object.values(row).filter((value) => typeof value === 'number');

describe('guards', () => {
  it('a reward that is constant for so many steps stops the run with advice and exit code 4', async () => {
    const { error, rows, store } = await runJudged(() => 1, 'guards.constant_reward_steps=3', 'checkpoint.every=1');
    expect(error).toBeInstanceOf(GuardError);
    expect(error).toMatchObject({
      exitCode: 4,
      message: expect.stringMatching(
        /^step 3: expected rewards that differ, got 1 for every completion in 3 steps\. Test the reward.*guards\.constant_reward_steps/,
      ),
    });
    expect(rows.map(({ step }) => step)).toEqual([1, 2, 3]);
    // The step that stopped it is not made the newest checkpoint.
    expect(new TextDecoder().decode(await store.read('checkpoints/latest'))).toBe('step_2\n');
  });

  it('steps in which rewards differ begin the count anew', async () => {
    let calls = 0;
    const differsEverySecondStep: Judge = () => (Math.floor(calls / 16) % 2 === 0 ? 1 : calls) * (++calls > 0 ? 1 : 0);
    const { error, rows } = await runJudged(differsEverySecondStep, 'guards.constant_reward_steps=2');
    expect(error).toBeUndefined();
    expect(rows.map((row) => row['reward_std'] === 0)).toEqual([true, false, true, false, true, false]);
  });

  it('a gap between sampler and trainer stops the run', async () => {
    const { error } = await runTiny(new ReferenceDevice(), await tinyRecipe('guards.log_prob_gap=1e-12'));
    expect(error).toBeInstanceOf(GuardError);
    expect(error).toMatchObject({
      exitCode: 4,
      message: expect.stringMatching(/^step 1: expected sampler and trainer within 1e-12 nats on every token, got \d.*guards\.log_prob_gap/),
    });
  });

  it('an entropy below its floor, or a KL above its ceiling, stops the run', async () => {
    const low = await runTiny(new ReferenceDevice(), await tinyRecipe('guards.entropy_floor=2.9'));
    expect(low.error).toMatchObject({
      exitCode: 4,
      message: expect.stringMatching(/expected an entropy of at least 2\.9 nats, got [\d.]+ \(guards\.entropy_floor\)/),
    });
    const far = await runTiny(new ReferenceDevice(), await tinyRecipe('ref.measure_kl=true', 'guards.kl_ceiling=1e-9', 'optim.lr=0.01'));
    expect(far.error).toMatchObject({
      exitCode: 4,
      message: expect.stringMatching(/expected a KL of at most 1e-9 nats to the reference, got .*guards\.kl_ceiling/),
    });
    expect(far.rows.length).toBe(2);
  });

  it('completions that are cut off are warned of, once', async () => {
    const { warnings, error } = await runTiny(new ReferenceDevice(), await tinyRecipe('guards.truncated_share=0.05', 'rollout.stop=[]'));
    expect(error).toBeUndefined();
    expect(warnings).toEqual([expect.stringMatching(/^\d+ % of completions were cut off at rollout\.max_tokens in step 1: raise it/)]);
  });
});

describe('a reward that fails on some completions', () => {
  it('is told once, with the first reason', async () => {
    let calls = 0;
    const { warnings, rows, error } = await runJudged(() => (calls++ % 16 === 3 ? Number.NaN : calls % 3), 'steps=3');
    expect(error).toBeUndefined();
    expect(warnings).toEqual([
      'reward judge failed on 1 of 16 completions in step 1, which have no score of it (rewards/judge/error is their share in every step). First: expected a finite score, got NaN.',
    ]);
    expect(rows.map((row) => row['rewards/judge/error'])).toEqual([1 / 16, 1 / 16, 1 / 16]);
  });
});

describe('a run whose every completion earns the most there is to earn', () => {
  /** Rewards that differ in the first two steps and are 1 from then on; the run knows that 1 is the most. */
  const solving = (calls = { made: 0 }) => ({
    judges: { judge: () => (calls.made++ < 32 ? calls.made % 2 : 1) },
    prepare: (job: object) => void Object.assign(job, { greatestReward: 1 }),
  });
  const recipe = () => tinyRecipe(...judged, 'steps=9', 'guards.constant_reward_steps=3', 'checkpoint.every=1');

  it('ends as done, with a sentence that says why, a checkpoint and no more steps', async () => {
    const notes: string[] = [];
    const { error, rows, summary, store } = await runTiny(new ReferenceDevice(), await recipe(), {
      ...solving(),
      observer: { note: (message) => void notes.push(message) },
    });
    expect(error).toBeUndefined();
    expect(rows.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5]);
    expect(summary).toMatchObject({ stopped: 'done', step: 5, checkpoint: 'checkpoints/step_5' });
    expect(notes.at(-1)).toMatch(
      /^step 5 of 9: solved: every completion has earned 1, the most there is to earn, in 3 steps\. Set guards\.constant_reward_steps/,
    );
    // Given again, it is still solved.
    const again = await runTiny(new ReferenceDevice(), await recipe(), { ...solving(), store, attempt: 2 });
    expect([again.rows.length, again.summary?.stopped]).toEqual([0, 'done']);
  });

  it('ends at the same step when it is killed and resumed in between', async () => {
    const calls = { made: 0 };
    const killed = await runTiny(new ReferenceDevice(), await recipe(), {
      ...solving(calls),
      observer: {
        step: ({ step }) => {
          if (step === 4) throw new Error('killed');
        },
      },
    });
    expect(killed.error).toBeDefined();
    const resumed = await runTiny(new ReferenceDevice(), await recipe(), { ...solving(calls), store: killed.store, attempt: 2 });
    expect(resumed.rows.map(({ step }) => step)).toEqual([4, 5]);
    expect(resumed.summary?.stopped).toBe('done');
  });

  it('goes on with the guard off, and a constant reward below the most still stops it as before', async () => {
    const off = await runTiny(new ReferenceDevice(), await tinyRecipe(...judged, 'guards.constant_reward_steps=null'), solving());
    expect(off.rows.length).toBe(6);
    const low = await runTiny(new ReferenceDevice(), await recipe(), { ...solving(), judges: { judge: () => 0.1 } });
    expect(low.error).toBeInstanceOf(GuardError);
    expect((low.error as Error).message).toContain('expected rewards that differ, got');
  });

  it('the most is the weighted sum of what the rewards state, where all state it and are of every completion', () => {
    const right = builtInReward('exact_answer', {});
    const short = builtInReward('length_penalty', { max_tokens: 14, buffer: 4 });
    const open = { ...right, range: [-Infinity, Infinity] as const };
    const greatest = (...rewards: Parameters<typeof createScorer>[0]) => createScorer(rewards, () => '').greatest;
    expect(greatest({ reward: right, weight: 2 }, { reward: short, weight: 1 })).toBe(2);
    expect(greatest({ reward: right, weight: 2 }, { reward: open, weight: 0 })).toBe(2);
    expect(greatest({ reward: right, weight: -1 })).toBeCloseTo(0);
    expect(greatest({ reward: right, weight: 1 }, { reward: open, weight: 1 })).toBeUndefined();
    expect(greatest({ reward: right, weight: 1, when: { source: 'sums' } })).toBeUndefined();
  });
});

describe('rewards that fail', () => {
  it('on some rows are counted, and those rows teach nothing', async () => {
    let failures = 0;
    const { error, rows, completions } = await runJudged((completion) => {
      if (!completion.includes('1')) return completion.length;
      failures++;
      throw new Error('no ones, please');
    });
    expect(error).toBeUndefined();
    expect(failures).toBeGreaterThan(0);
    const shares = rows.map((row) => Number(row['rewards/judge/error']));
    expect(shares.reduce((sum, share) => sum + 16 * share, 0)).toBe(failures);
    for (const { completion, reward, advantage } of completions) {
      if (!completion.includes('1')) continue;
      expect(reward).toBeNaN();
      expect(advantage).toBe(0);
    }
    for (const row of rows) expect(numbersOf(row).every(Number.isFinite), JSON.stringify(row)).toBe(true);
  });

  it('on every row stop the run with the first reason', async () => {
    const { error, rows } = await runJudged(() => {
      throw new Error('the judge is out');
    });
    expect(error).toBeInstanceOf(DataError);
    expect((error as Error).message).toMatch(/^reward judge: expected scores, got a failure on each of 16 completions, first: .*the judge is out/);
    expect(rows).toEqual([]);
  });

  it('a group whose rewards are all missing is no group of mixed rewards, and teaches nothing', async () => {
    const prompts = new Map<string, number>();
    // The first prompt of each step has no reward at all; in the other groups every second completion has one.
    const judge: Judge = (completion, prompt) => {
      const place = prompts.get(prompt) ?? prompts.size;
      prompts.set(prompt, place);
      return place % 4 === 0 ? null : completion.length;
    };
    const { error, rows, completions } = await runJudged(judge, 'steps=1', 'optim.warmup_steps=0');
    expect(error).toBeUndefined();
    const missing = completions.filter(({ reward }) => Number.isNaN(reward));
    expect(missing.length).toBe(4);
    expect(missing.every(({ advantage }) => advantage === 0)).toBe(true);
    const scored = completions.filter(({ reward }) => !Number.isNaN(reward));
    const rewardsOf = (prompt: string) => new Set(scored.filter((one) => one.prompt === prompt).map(({ reward }) => reward));
    const mixed = [...new Set(scored.map(({ prompt }) => prompt))].filter((prompt) => rewardsOf(prompt).size > 1);
    expect(rows[0]!['groups/frac_mixed']).toBe(mixed.length / 4);
    expect(Number(rows[0]!['groups/frac_mixed']) + Number(rows[0]!['groups/frac_all_good']) + Number(rows[0]!['groups/frac_all_bad'])).toBeLessThan(1);
    expect(numbersOf(rows[0]!).every(Number.isFinite), JSON.stringify(rows[0])).toBe(true);
  });
});

describe('completions of nothing but their end', () => {
  // Every token that can be written ends the completion.
  const allStop = 'rollout.stop=["0","1","2","3","4","5","6","7","8","9","+","-","*",">","="]';

  it('are scored as empty texts and trained on', async () => {
    let calls = 0;
    const { error, rows, completions } = await runJudged(() => calls++ % 2, allStop, 'steps=2');
    expect(error).toBeUndefined();
    expect(completions.some(({ completion, ids }) => completion === '' && ids?.length === 1)).toBe(true);
    for (const row of rows) {
      expect(row['completions/min_length']).toBe(1);
      expect(Number(row['grad_norm'])).toBeGreaterThan(0);
      expect(numbersOf(row).every(Number.isFinite), JSON.stringify(row)).toBe(true);
    }
  });

  it('all alike, they move nothing but momentum', async () => {
    const { error, rows } = await runJudged(() => 1, allStop, 'steps=2');
    expect(error).toBeUndefined();
    for (const row of rows) {
      expect(row['grad_norm']).toBe(0);
      expect(row['groups/frac_mixed']).toBe(0);
    }
  });
});
