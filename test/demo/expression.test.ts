import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  evaluateExpression,
  type Expression,
  EXPRESSION_FUNCTIONS,
  EXPRESSION_NAMES,
  type ExpressionName,
  LONGEST_TEXT,
  parseExpression,
} from '../../demo/lens/expression.ts';

const NAMES = Object.keys(EXPRESSION_NAMES) as readonly ExpressionName[];
const token: Record<ExpressionName, number> = {
  logProb: -1.2,
  oldLogProb: -1.3,
  ratio: Math.exp(0.1),
  advantage: 0.8,
  entropy: 0.9,
  cov: 1.4,
  prob: Math.exp(-1.2),
  reward: 1,
};

function parsed(text: string): Expression {
  const result = parseExpression(text);
  if (!result.ok) throw new Error(`${text}: ${result.message}`);
  return result.expression;
}

const valueOf = (text: string): number => evaluateExpression(parsed(text), token);

function problemOf(text: string): { message: string; at: number; length: number } {
  const result = parseExpression(text);
  if (result.ok) throw new Error(`${text}: expected a problem`);
  const { message, at, length } = result;
  return { message, at, length };
}

describe('a weight of one’s own', () => {
  it('means what it says', () => {
    expect(valueOf('advantage * (1 - prob)')).toBe(0.8 * (1 - Math.exp(-1.2)));
    expect(valueOf('1 - 2 - 3')).toBe(-4);
    expect(valueOf('8 / 4 / 2')).toBe(1);
    expect(valueOf('2 + 3 * -4')).toBe(-10);
    expect(valueOf('--2')).toBe(2);
    expect(valueOf('1.5e1 + .5')).toBe(15.5);
    expect(valueOf('min(1, 2) + max(1, 2) + clamp(5, 0, 1)')).toBe(4);
    expect(valueOf('where(cov - 1, 0, advantage)')).toBe(0);
    expect(valueOf('where(0, 1, 2)')).toBe(2);
    expect(valueOf('exp(0) + log(1) + abs(-3)')).toBe(4);
    expect(valueOf(' clamp( ratio ,0.8 , 1.2)*advantage\n')).toBeCloseTo(0.884, 3);
  });

  it('is a finite number where arithmetic has none', () => {
    expect(valueOf('advantage / (reward - 1)')).toBe(0);
    expect(Number.isFinite(valueOf('exp(exp(exp(9))) * 1e30 * 1e30'))).toBe(true);
    expect(Number.isFinite(valueOf('log(0 - 1) * 1e30'))).toBe(true);
  });

  it('says what is wrong, and where', () => {
    expect(problemOf('advantage *')).toEqual({ message: 'expected a number, a name or a bracket, got the end.', at: 11, length: 1 });
    expect(problemOf('advantage * entropi')).toEqual({ message: `entropi: expected a name, one of ${NAMES.join(', ')}.`, at: 12, length: 7 });
    expect(problemOf('sin(prob)')).toEqual({ message: `sin: expected a function, one of ${Object.keys(EXPRESSION_FUNCTIONS).join(', ')}.`, at: 0, length: 3 });
    expect(problemOf('min(1)')).toEqual({ message: 'min: expected 2 numbers, got 1.', at: 0, length: 3 });
    expect(problemOf('(1 + 2')).toEqual({ message: 'expected “)”, got the end.', at: 6, length: 1 });
    expect(problemOf('1 2')).toEqual({ message: 'expected an operator or the end, got “2”.', at: 2, length: 1 });
    expect(problemOf('advantage ** 2')).toEqual({ message: 'expected a number, a name or a bracket, got “*”.', at: 11, length: 1 });
    expect(problemOf('1 +  #')).toEqual({ message: 'expected a number, a name or one of + - * / ( ) , — got “#”.', at: 5, length: 1 });
    expect(problemOf('')).toMatchObject({ at: 0 });
    expect(problemOf('abs')).toEqual({ message: 'abs: expected “(” after a function.', at: 0, length: 3 });
    expect(problemOf('1e400')).toMatchObject({ message: '1e400: expected a number up to 1e30.' });
    expect(problemOf(' '.repeat(LONGEST_TEXT + 1)).message).toContain('characters');
    expect(problemOf(`${'('.repeat(60)}1${')'.repeat(60)}`).message).toContain('inside each other');
    expect(problemOf(`1${'+1'.repeat(60)}`).message).toContain('at most 80');
  });

  it('never reaches what JavaScript would', () => {
    for (const text of [
      'constructor',
      '__proto__',
      'toString()',
      'process.exit()',
      'window',
      'min["constructor"](1)',
      'prob`x`',
      'a=1',
      '1;2',
      'hasOwnProperty(1)',
      '${1}',
    ]) {
      expect(parseExpression(text).ok).toBe(false);
    }
  });

  it('survives any text: a problem within it, or a finite weight', () => {
    const pieces = fc.constantFrom(...NAMES, ...Object.keys(EXPRESSION_FUNCTIONS), '+', '-', '*', '/', '(', ')', ',', ' ', '1', '.5', '2e3', 'x', '\n', '“');
    const texts = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.array(pieces, { maxLength: 40 }).map((list) => list.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const result = parseExpression(text);
        if (result.ok) expect(Number.isFinite(evaluateExpression(result.expression, token))).toBe(true);
        else expect(result.at >= 0 && result.at <= text.length && result.length >= 1 && result.message.length > 0).toBe(true);
      }),
      { numRuns: 500, seed: 7 },
    );
  });

  it('reads back every tree that it can hold', () => {
    const { tree } = fc.letrec<{ tree: { text: string; value: number } }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4, withCrossShrink: true },
        fc.constantFrom(...NAMES).map((name) => ({ text: name, value: token[name] })),
        fc.integer({ min: 0, max: 9 }).map((value) => ({ text: String(value), value })),
        fc.tuple(tie('tree'), fc.constantFrom('+', '-', '*'), tie('tree')).map(([a, sign, b]) => ({
          text: `(${a.text} ${sign} ${b.text})`,
          value: sign === '+' ? a.value + b.value : sign === '-' ? a.value - b.value : a.value * b.value,
        })),
        fc.tuple(tie('tree'), tie('tree')).map(([a, b]) => ({ text: `max(${a.text}, -${b.text})`, value: Math.max(a.value, 0 - b.value) })),
      ),
    }));
    fc.assert(
      fc.property(tree, ({ text, value }) => {
        const result = parseExpression(text);
        if (result.ok) expect(evaluateExpression(result.expression, token)).toBeCloseTo(value, 9);
        else expect(text.length > 60).toBe(true);
      }),
      { numRuns: 300, seed: 3 },
    );
  });
});
