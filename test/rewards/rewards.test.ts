import { describe, expect, it } from 'vitest';
import { RecipeError } from '../../src/base/errors.ts';
import { numberPrompt } from '../../src/data/make-the-number.ts';
import type { Prompt } from '../../src/data/prompt.ts';
import { lastNumber } from '../../src/rewards/exact-answer.ts';
import { BUILT_IN_REWARDS, builtInReward } from '../../src/rewards/index.ts';
import type { Completion, RewardRow } from '../../src/rewards/reward.ts';

const PROMPT: Prompt = { id: 'p', source: 'test', text: 'p', columns: {} };

function completionOf(prompt: Prompt, text: string, more: Partial<Completion> = {}): Completion {
  return { prompt, text, ids: new Uint32Array(text.length + 1), finishReason: 'stop', ...more };
}

async function judge(use: string, args: unknown, completion: Completion): Promise<RewardRow | undefined> {
  return (await builtInReward(use, args).score([completion]))[0];
}

describe('make_the_number', () => {
  const prompt = numberPrompt({ required: [6, 7], target: 21 });

  it('scores 1 or 0 and says why', async () => {
    expect(await judge('make_the_number', {}, completionOf(prompt, '6+7+7+1'))).toEqual({
      score: 1,
      parseFailed: false,
      extra: { verdict: 'ok' },
    });
    expect(await judge('make_the_number', {}, completionOf(prompt, '6+7'))).toEqual({
      score: 0,
      parseFailed: false,
      extra: { verdict: 'value' },
    });
    expect(await judge('make_the_number', {}, completionOf(prompt, '6+<pad>7'))).toMatchObject({
      score: 0,
      parseFailed: true,
      extra: { verdict: 'grammar' },
    });
    expect(await judge('make_the_number', {}, completionOf(prompt, '6+7+7+1', { finishReason: 'length' }))).toMatchObject({
      score: 0,
      extra: { verdict: 'noeos' },
    });
  });

  it('takes the knobs of the task', async () => {
    const product = completionOf(numberPrompt({ required: [6, 7], target: 42 }), '6*7');
    expect(await judge('make_the_number', { multiplication: true }, product)).toMatchObject({ score: 1 });
    expect(await judge('make_the_number', {}, product)).toMatchObject({ score: 0 });
  });

  it('fails on other prompts', async () => {
    expect(await judge('make_the_number', {}, completionOf(PROMPT, '6+7'))).toMatchObject({
      score: null,
      error: expect.stringContaining('67>21='),
    });
  });
});

describe('lastNumber', () => {
  it.each([
    ['19 + 6 = 25', '25'],
    ['The answer is 1,000.', '1000'],
    ['12,345,678.50', '12345678.5'],
    ['1,2', '2'],
    ['12,3456', '3456'],
    ['x = -3', '-3'],
    ['x = −3', '-3'],
    ['-3', '-3'],
    ['5-3', '3'],
    ['(a)-3', '3'],
    ['10 - 3', '3'],
    ['10 -3', '-3'],
    ['-0', '0'],
    ['-0.00', '0'],
    ['007', '7'],
    ['3.140', '3.14'],
    ['.5', '0.5'],
    ['$18.90', '18.9'],
    ['#### 42', '42'],
    ['0.10 and 0', '0'],
    ['1e5', '5'],
    ['no number', undefined],
    ['', undefined],
  ])('%j: %s', (text, expected) => expect(lastNumber(text)).toBe(expected));

  it('is exact past what a float holds, and fast on hostile text', () => {
    expect(lastNumber('90071992547409930000001')).toBe('90071992547409930000001');
    const started = performance.now();
    expect(lastNumber('1'.repeat(200_000))).toHaveLength(200_000);
    expect(lastNumber('1,111'.repeat(40_000))).toBe('111');
    expect(lastNumber(`1.${'0'.repeat(200_000)}`)).toBe('1');
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe('exact_answer', () => {
  it.each([
    ['25', '19 + 6 = 25', 1],
    [25, 'It is 25.0', 1],
    ['6 times 7\n#### 42', 'The answer: 42', 1],
    ['1,000', '1000', 1],
    ['25', '25 or 26', 0],
    ['-3', '3', 0],
  ])('answer %j, completion %j: %d', async (answer, text, score) => {
    expect(await judge('exact_answer', {}, completionOf({ ...PROMPT, answer }, text))).toMatchObject({ score });
  });

  it('tells a wrong number from none', async () => {
    const prompt = { ...PROMPT, answer: '25' };
    expect(await judge('exact_answer', {}, completionOf(prompt, '24'))).toEqual({
      score: 0,
      extra: { answer: '24' },
    });
    expect(await judge('exact_answer', {}, completionOf(prompt, 'many'))).toEqual({ score: 0, parseFailed: true });
  });

  it('does not apply without an answer, and fails on one without a number', async () => {
    expect(await judge('exact_answer', {}, completionOf(PROMPT, '25'))).toEqual({ score: null });
    expect(await judge('exact_answer', {}, completionOf({ ...PROMPT, answer: 'yes' }, '25'))).toMatchObject({
      score: null,
      error: expect.stringContaining('"yes"'),
    });
  });

  it('reads another column', async () => {
    const prompt = { ...PROMPT, answer: '1', columns: { extra_info: { gold: 25 } } };
    expect(await judge('exact_answer', { answer_key: 'extra_info.gold' }, completionOf(prompt, '25'))).toMatchObject({
      score: 1,
    });
  });
});

describe('length_penalty', () => {
  // Penalties computed with verl's DAPORewardManager (no floor) and TRL's get_soft_overlong_punishment (floor −1).
  it.each([
    [
      { max_tokens: 20480, buffer: 4096 },
      [0, 1, 16383, 16384, 16385, 18432, 20479, 20480, 22000],
      [0, 0, 0, 0, -0.000244140625, -0.5, -0.999755859375, -1, -1.37109375],
    ],
    [{ max_tokens: 100, buffer: 20 }, [50, 80, 81, 90, 99, 100, 101], [0, 0, -0.05, -0.5, -0.95, -1, -1.05]],
    [{ max_tokens: 64, buffer: 16, factor: 0.5 }, [0, 48, 50, 56, 64, 80], [0, 0, -0.0625, -0.25, -0.5, -1]],
    [{ max_tokens: 100, buffer: 20, floor: -1 }, [50, 80, 81, 90, 99, 100, 101], [0, 0, -0.05, -0.5, -0.95, -1, -1]],
    [{ max_tokens: 64, buffer: 16, floor: -1 }, [0, 48, 50, 56, 64, 80], [0, 0, -0.125, -0.5, -1, -1]],
  ])('%j', async (args, lengths, penalties) => {
    const batch = lengths.map((length) => completionOf(PROMPT, '', { ids: new Uint32Array(length) }));
    const rows = await builtInReward('length_penalty', args).score(batch);
    expect(rows).toHaveLength(penalties.length);
    rows.forEach(({ score }, i) => expect(score).toBeCloseTo(penalties[i] ?? NaN, 12));
  });

  it('promises its range', () => {
    expect(builtInReward('length_penalty', { max_tokens: 9, buffer: 3, floor: -1 }).range).toEqual([-1, 0]);
    expect(builtInReward('length_penalty', { max_tokens: 9, buffer: 3 }).range).toEqual([-Infinity, 0]);
  });
});

describe('builtInReward', () => {
  it('knows three names', () => expect([...BUILT_IN_REWARDS.keys()]).toEqual(['make_the_number', 'exact_answer', 'length_penalty']));

  it.each<[string, unknown, RegExp]>([
    ['maths', {}, /use: expected make_the_number, exact_answer, length_penalty or path.ts:export, got maths/],
    ['length_penalty', {}, /args.max_tokens: length_penalty: expected number, got nothing\.\n/],
    ['exact_answer', { key: 'a' }, /args: exact_answer: expected answer_key, got key\.$/],
    ['length_penalty', { max_tokens: 10, buffer: 0 }, /args.buffer/],
    ['exact_answer', { answerkey: 'x' }, /args: exact_answer: .*answerkey/],
    ['make_the_number', { targets: [5, 100] }, /args.targets.1/],
  ])('refuses %s with %j', (use, args, message) => {
    expect(() => builtInReward(use, args)).toThrow(RecipeError);
    expect(() => builtInReward(use, args)).toThrow(message);
  });
});
