import { describe, expect, it } from 'vitest';
import { BANDS, RIVER_SAMPLES } from '../../demo/live/rivers.ts';
import { answerLogProbs, NUMBER_VOCABULARY, numberPrompt, parseNumberQuestion, verifyNumber } from '../../src/index.ts';
import { measure, PROBES, tinyMeasured } from './measured-runs.ts';

const EVAL = 'eval={"data":"heldout","every":3,"n":2,"k":2,"temperature":1}';
const REWARD = 'reward=[{"use":"make_the_number"}]';
const rewarded = await tinyMeasured(REWARD, EVAL);
const { frames, built } = await measure(rewarded, { probesAt: (step) => (step === 2 ? [] : [1]) });
const question = parseNumberQuestion(PROBES[1])!;

describe('a river', () => {
  it('is measured where it was asked for, from before the first step on', () => {
    expect(frames.map(({ step }) => step)).toEqual([0, 1, 2, 3]);
    expect(frames.map(({ rivers }) => rivers.map((slice) => slice !== null))).toEqual([
      [false, true],
      [false, true],
      [false, false],
      [false, true],
    ]);
  });

  it('divides one into right answers by name, the other right ones, and the wrong', () => {
    for (const { rivers } of frames) {
      const slice = rivers[1];
      if (!slice) continue;
      const { answers, probabilities, rest, wrong, samples, sampledRight } = slice;
      expect(answers.length).toBe(BANDS);
      expect(new Set(answers).size).toBe(BANDS);
      expect(answers.filter((answer) => verifyNumber(question, answer, true) !== 'ok')).toEqual([]);
      expect(probabilities).toEqual(probabilities.toSorted((a, b) => b - a));
      const bands = probabilities.reduce((sum, probability) => sum + probability, 0);
      expect(bands + rest + wrong).toBeCloseTo(1, 12);
      expect([bands > 0, wrong >= 0]).toEqual([true, true]);
      expect(samples).toBe(RIVER_SAMPLES);
      expect(Number.isInteger(sampledRight * RIVER_SAMPLES)).toBe(true);
      expect(rest).toBeCloseTo(Math.max(0, sampledRight - bands), 12);
    }
  });

  it('has bands as high as the policy’s exact probabilities', async () => {
    const { answers, probabilities } = frames.at(-1)!.rivers[1]!;
    const { learner, encode, settings } = built.run!;
    const end = settings.sampling.stopIds[0]!;
    const completions = answers.map((answer) => Uint32Array.from([...Array.from(answer, (letter) => NUMBER_VOCABULARY.indexOf(letter)), end]));
    const asked = [{ prompt: encode(numberPrompt(question)), completions }];
    const [logProbs] = await answerLogProbs(learner, asked, { temperature: 1, rows: 3, length: 6 });
    probabilities.forEach((probability, i) => expect(probability / Math.exp(logProbs![i]!)).toBeCloseTo(1, 9));
  });

  it('holds the answers that are right under the run’s own rules', async () => {
    const once = { targets: [5, 12] as const, requiredDigits: 1, eachDigitOnce: true, multiplication: false, maxTokens: 6 };
    const task = 'data.make_the_number={"targets":[5,12],"required_digits":1,"each_digit_once":true}';
    const { frames: its } = await measure(await tinyMeasured(REWARD, task, 'steps=1'), { probesAt: () => [0, 1] });
    for (const [probe, slice] of its[1]!.rivers.entries()) {
      const asked = parseNumberQuestion(PROBES[probe]!)!;
      expect(slice!.answers.length).toBeGreaterThan(3);
      expect(slice!.answers.filter((answer) => verifyNumber(asked, answer, true, once) !== 'ok')).toEqual([]);
    }
    const verdicts = its[1]!.tokens!.rows.map(({ verdict, reward }) => (verdict === 'ok') === (reward === 1));
    expect(verdicts).not.toContain(false);
  });

  it('is all bank where no answer can be right', async () => {
    const task = 'data.make_the_number={"targets":[5,12],"required_digits":1,"each_digit_once":true}';
    const { frames: its } = await measure(await tinyMeasured(REWARD, task, 'steps=1'), { probes: ['33>33=', '1>07='], probesAt: () => [0, 1] });
    expect(its[1]!.rivers[0]).toMatchObject({ answers: [], probabilities: [], rest: 0, wrong: 1, sampledRight: 0 });
    expect(its[1]!.rivers[1]!.answers.length).toBeGreaterThan(0);
  });
});
