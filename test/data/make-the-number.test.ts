import { describe, expect, it } from 'vitest';
import { countAnswers, countAnswersByTarget, enumerateAnswers } from '../../src/data/make-the-number-answers.ts';
import { type NumberVerdict, valueOf, verifyNumber } from '../../src/data/make-the-number-verifier.ts';
import { warmUpExample } from '../../src/data/make-the-number-warm-up.ts';
import {
  isHeldOut,
  MAKE_THE_NUMBER,
  MAKE_THE_NUMBER_ONCE,
  makeTheNumber,
  NUMBER_VOCABULARY,
  numberPrompt,
  type NumberTask,
  parseNumberQuestion,
  requiredSets,
} from '../../src/data/make-the-number.ts';

const TIMES: NumberTask = { ...MAKE_THE_NUMBER, multiplication: true, targets: [10, 59] };
const question = { required: [6, 7], target: 21 };

describe('the prompts', () => {
  it('are 1417 to train on and 158 held out', () => {
    const { train, heldOut } = makeTheNumber();
    expect([train.prompts.length, heldOut.prompts.length]).toEqual([1417, 158]);
    const all = [...train.prompts, ...heldOut.prompts].map(({ id }) => id);
    expect(new Set(all).size).toBe(1575);
    expect(all.every((id) => /^[1-9]{2}>[0-3]\d=$/.test(id) && id[0]! <= id[1]!)).toBe(true);
  });

  it('are 2284 and 236 where each digit may be used once', () => {
    const { train, heldOut } = makeTheNumber(MAKE_THE_NUMBER_ONCE);
    expect([train.prompts.length, heldOut.prompts.length]).toEqual([2284, 236]);
  });

  it('read back as the questions they ask', () => {
    expect(numberPrompt({ required: [6, 7], target: 5 }).text).toBe('67>05=');
    expect(parseNumberQuestion('67>05=')).toEqual({ required: [6, 7], target: 5 });
    expect(parseNumberQuestion('67>5=')).toBeUndefined();
    expect(parseNumberQuestion('Make 21')).toBeUndefined();
  });

  it('are written in 18 tokens', () => {
    expect(NUMBER_VOCABULARY).toHaveLength(18);
    expect([3, 12, 13, 15, 16, 17].map((id) => NUMBER_VOCABULARY[id])).toEqual(['0', '9', '+', '*', '>', '=']);
  });

  it.each([
    [{ targets: [5, 100] as const }, /targets \[low, high\] within 0 … 99, got \[5, 100\]/],
    [{ targets: [9, 5] as const }, /got \[9, 5\]/],
    [{ requiredDigits: 8 }, /expected 1 to 7 required digits, got 8/],
    [{ requiredDigits: 0 }, /got 0/],
  ])('refuse the task %j', (changes, message) => expect(() => makeTheNumber({ ...MAKE_THE_NUMBER, ...changes })).toThrow(message));
});

describe('verifyNumber', () => {
  it.each<[string, NumberVerdict]>([
    ['6+7+7+1', 'ok'],
    ['6+9+7-1', 'ok'],
    ['6+7+6+3-1', 'ok'],
    ['6+7+7+1<eos>', 'ok'],
    ['6+7+7+1<eos>9+9', 'ok'],
    ['6-7+9+9+4', 'ok'],
    ['', 'grammar'],
    ['<eos>', 'grammar'],
    ['6+7+', 'grammar'],
    ['-6+7', 'grammar'],
    ['6+7+8+0', 'grammar'],
    ['16+7', 'grammar'],
    ['6*7', 'grammar'],
    ['6+7>8', 'grammar'],
    ['6+7=8', 'grammar'],
    ['6+<pad>7', 'grammar'],
    ['<bos>6+7+8', 'grammar'],
    ['6+7+8\n', 'grammar'],
    ['6+7+8 ', 'grammar'],
    ['9', 'value'],
    ['6+7+7', 'value'],
    ['9+9+3', 'digits'],
    ['6+6+9', 'digits'],
    ['1+1+1+1+1+1+1', 'value'],
    ['1+1+1+1+1+1+1+1', 'noeos'],
  ])('%j: %s', (text, verdict) => expect(verifyNumber(question, text, true)).toBe(verdict));

  it('wants the end token before it looks at anything else', () => {
    expect(verifyNumber(question, '6+7+7+1', false)).toBe('noeos');
    expect(verifyNumber(question, 'x', false)).toBe('noeos');
    expect(verifyNumber(question, '6+7+7+1<eos>', false)).toBe('ok');
  });

  it('counts a required digit as often as it is required', () => {
    expect(verifyNumber({ required: [6, 6], target: 21 }, '6+9+6', true)).toBe('ok');
    expect(verifyNumber({ required: [6, 6], target: 21 }, '6+9+5+1', true)).toBe('digits');
  });

  it('follows the knobs', () => {
    expect(verifyNumber({ required: [6, 7], target: 42 }, '6*7', true, TIMES)).toBe('ok');
    expect(verifyNumber(question, '6+7+7+1', true, { ...MAKE_THE_NUMBER, eachDigitOnce: true })).toBe('digits');
    expect(verifyNumber(question, '6+7+7+1', true, { ...MAKE_THE_NUMBER, maxTokens: 7 })).toBe('noeos');
  });

  it('multiplies before it adds', () => {
    expect(valueOf('2+3*4-5*6')).toBe(-16);
    expect(valueOf('9-1-2')).toBe(6);
  });
});

describe('the right answers', () => {
  it('are as many as published', () => {
    const within = (maxDigits: number): number[] =>
      requiredSets(MAKE_THE_NUMBER)
        .flatMap((required) => {
          const counts = countAnswersByTarget(required, MAKE_THE_NUMBER, maxDigits);
          return Array.from({ length: 35 }, (_, i) => counts.get(5 + i) ?? 0);
        })
        .sort((a, b) => a - b);
    const seven = within(7);
    expect([seven.length, seven[0], seven[787], seven[1574]]).toEqual([1575, 18_935, 1_191_899, 2_901_952]);
    const four = within(4);
    expect(four[787]).toBe(63);
    expect(four.filter((count) => count === 0).length / 1575).toBeCloseTo(0.31, 2);
  });

  it.each<[string, NumberTask, number]>([
    ['plain', MAKE_THE_NUMBER, 5],
    ['each digit once', { ...MAKE_THE_NUMBER_ONCE, requiredDigits: 2 }, 5],
    ['with *', TIMES, 4],
  ])('%s: the count is the length of the list, and every one verifies', (_, task, maxDigits) => {
    for (const required of [
      [6, 7],
      [2, 2],
    ].filter(([a, b]) => !task.eachDigitOnce || a !== b)) {
      const asked = { required, target: 21 };
      const answers = [...enumerateAnswers(asked, maxDigits, task)];
      expect(answers.length).toBeGreaterThan(50);
      expect(answers.length).toBe(countAnswers(asked, task, maxDigits));
      expect(new Set(answers).size).toBe(answers.length);
      expect(answers.filter((answer) => verifyNumber(asked, answer, true, task) !== 'ok')).toEqual([]);
    }
  });

  it('are all found by brute force over three digits', () => {
    const found: string[] = [];
    for (let a = 1; a <= 9; a++) {
      for (const s of '+-') for (let b = 1; b <= 9; b++) for (const t of '+-') for (let c = 1; c <= 9; c++) found.push(`${a}${s}${b}${t}${c}`);
    }
    const right = found.filter((answer) => verifyNumber(question, answer, true) === 'ok');
    expect([...enumerateAnswers(question, 3)].sort()).toEqual(right.sort());
  });

  it('come shorter ones first', () => {
    const [first, second] = enumerateAnswers(question, 7);
    expect([first, second]).toEqual(['6+7+8', '6+8+7']);
  });
});

describe('warmUpExample', () => {
  const examples = Array.from({ length: 4000 }, (_, i) => warmUpExample(1, i));

  it('is right, and never a held-out question', () => {
    for (const { prompt, completion } of examples) {
      const asked = parseNumberQuestion(prompt.text ?? '') ?? question;
      expect(verifyNumber(asked, completion, true)).toBe('ok');
      expect(isHeldOut(asked)).toBe(false);
    }
  });

  it('is a function of seed and index', () => {
    expect(warmUpExample(1, 1234)).toEqual(examples[1234]);
    expect(new Set([warmUpExample(1, 0), warmUpExample(2, 0), warmUpExample(1, 1)].map(({ completion }) => completion)).size).toBe(3);
  });

  it('has the distribution of a pool drawn the long way', () => {
    // Shares in a pool of 600,000 draws with the targets evened out; four standard errors of 4000 examples on either side.
    const share = (claim: (completion: string) => boolean): number => examples.filter(({ completion }) => claim(completion)).length / examples.length;
    expect(Math.abs(share((c) => c.length === 5) - 0.146)).toBeLessThan(0.023);
    expect(Math.abs(share((c) => c.length === 11) - 0.388)).toBeLessThan(0.031);
    const signs = examples.map(({ completion }) => completion.replace(/\d/g, '')).join('');
    expect(Math.abs(signs.replaceAll('-', '').length / signs.length - 0.836)).toBeLessThan(0.013);
  });

  it('asks every target equally often', () => {
    const counts = new Map<number, number>();
    for (const { prompt } of examples) {
      const target = parseNumberQuestion(prompt.text ?? '')?.target ?? 0;
      counts.set(target, (counts.get(target) ?? 0) + 1);
    }
    // χ² with 34 degrees of freedom stays below 66 in 999 of 1000 cases.
    const expected = examples.length / 35;
    const chiSquared = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(counts.size).toBe(35);
    expect(chiSquared).toBeLessThan(66);
  });

  it('follows the knobs', () => {
    for (const task of [MAKE_THE_NUMBER_ONCE, TIMES]) {
      for (let i = 0; i < 200; i++) {
        const { prompt, completion } = warmUpExample(3, i, task);
        expect(verifyNumber(parseNumberQuestion(prompt.text ?? '') ?? question, completion, true, task)).toBe('ok');
      }
    }
  });
});
