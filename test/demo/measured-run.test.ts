import { describe, expect, it } from 'vitest';
import { evaluateExpression, type Expression, parseExpression } from '../../demo/lens/expression.ts';
import { ownWeight } from '../../demo/lens/own-weight.ts';
import { MeasuredRun } from '../../demo/live/measured-run.ts';
import { type Recipe, RecipeError, ReferenceDevice } from '../../src/index.ts';
import { runTiny, timeless } from '../trainer/tiny-run.ts';
import { measure, tinyMeasured } from './measured-runs.ts';

const EVAL = 'eval={"data":"heldout","every":3,"n":2,"k":2,"temperature":1}';
const recipe = await tinyMeasured(EVAL);
const plain = await runTiny(new ReferenceDevice(), recipe);
const watched = await measure(recipe);

const numbers = (row: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(row).filter(([name, value]) => typeof value === 'number' && name !== 'step'));
const withLr = (rate: number): Recipe => ({ ...recipe, optim: { ...recipe.optim, lr: rate } });

function expressionOf(text: string): Expression {
  const parsed = parseExpression(text);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.expression;
}

describe('a run that is measured', () => {
  it('trains exactly as it does unwatched', async () => {
    const { frames } = watched;
    expect(plain.error).toBeUndefined();
    expect(frames.map(({ step }) => step)).toEqual([0, 1, 2, 3]);
    // Groups without a slope are kept for showing, so that the share left out differs, and nothing that is learned.
    frames.forEach(({ metrics }, i) => expect(numbers(timeless({ ...metrics, step: i } as never))).toEqual(numbers(timeless(plain.rows[i]!))));
  });

  it('tells the step before the first also where nothing is evaluated', async () => {
    const { frames } = await measure(await tinyMeasured());
    expect(frames.map(({ step }) => step)).toEqual([0, 1, 2, 3]);
    expect([frames[0]!.metrics, frames[0]!.tokens, frames[0]!.rivers[0] !== null]).toEqual([{}, null, true]);
  });

  it('measures the start once for runs that share it, and evaluates fewer prompts where asked', async () => {
    const start = { rivers: null, evaluations: null };
    const first = await measure(recipe, { start, heldOutEvery: 3 });
    const second = await measure(withLr(0), { start, heldOutEvery: 3 });
    expect(second.frames[0]!.rivers).toBe(first.frames[0]!.rivers);
    expect(second.frames[0]!.metrics['eval/heldout/mean@1']).toBe(first.frames[0]!.metrics['eval/heldout/mean@1']);
    expect(second.frames[3]!.metrics['reward']).not.toBe(first.frames[3]!.metrics['reward']);
  });

  it('refuses supervised training, which draws no samples', () => {
    const options = { probes: [], probesAt: () => [], tokensAt: () => false, frame: () => {} };
    expect(() => new MeasuredRun({ ...watched.built, run: null }, recipe, options)).toThrow(RecipeError);
  });
});

describe('a change on the way', () => {
  it('takes effect at the next step, and not before', async () => {
    const { frames } = await measure(recipe, { after: (run, step) => step === 1 && run.change(withLr(0)) });
    expect(frames.map(({ metrics }) => metrics['learning_rate'])).toEqual([undefined, expect.any(Number), 0, 0]);
    expect(frames[1]!.metrics['reward']).toBe(plain.rows[1]!['reward']);
    expect(frames[2]!.metrics['reward']).toBe(plain.rows[2]!['reward']); // drawn before the update that the change is about
    expect(frames[3]!.metrics['entropy']).not.toBe(plain.rows[3]!['entropy']);
  });

  it('to a variant with an entropy term pushes the entropy of every token from then on', async () => {
    const bonus = { ...recipe, algorithm: { ...recipe.algorithm, entropyCoef: 0.05 } };
    const { frames } = await measure(recipe, { after: (run, step) => step === 1 && run.change(bonus) });
    expect(frames[1]!.tokens!.columns.entropyWeight.every((weight) => weight === 0)).toBe(true);
    frames[2]!.tokens!.columns.entropyWeight.forEach((weight) => expect(weight).toBeCloseTo(0.05, 6));
  });

  it('to a variant that needs a reference is refused, and the run goes on as it was', async () => {
    const needing = { ...recipe, algorithm: { ...recipe.algorithm, klCoef: 0.1 } };
    const { frames } = await measure(recipe, {
      after: (run, step) => step === 1 && expect(() => run.change(needing)).toThrow('expected a variant without a reference model'),
    });
    expect(frames.map(({ metrics }) => metrics['entropy'])).toEqual(plain.rows.map((row) => row['entropy']));
  });

  it('to a weight of one’s own trains with that weight, and back', async () => {
    const text = 'advantage * (1 - prob) + 0.1 * entropy';
    const own = expressionOf(text);
    const { frames } = await measure(recipe, { weight: (base) => ownWeight(base, own), after: (run, step) => step === 2 && run.change(recipe) });
    const { rows, columns } = frames[1]!.tokens!;
    for (const { start, ids, reward } of rows) {
      for (let at = start; at < start + ids.length; at++) {
        const [logProb, oldLogProb] = [columns.logProb[at]!, columns.oldLogProb[at]!];
        const values = {
          logProb,
          oldLogProb,
          ratio: Math.exp(logProb - oldLogProb),
          advantage: columns.advantage[at]!,
          entropy: columns.entropy[at]!,
          cov: columns.covariance[at]!,
          prob: Math.exp(logProb),
          reward,
        };
        expect(columns.weight[at]).toBeCloseTo(evaluateExpression(own, values), 4);
      }
    }
    const after = frames[3]!.tokens!.columns;
    after.weight.forEach((weight, at) => expect(weight).toBeCloseTo(after.advantage[at]! * Math.exp(after.logProb[at]! - after.oldLogProb[at]!), 4));
  });
});
