/**
 * Weights that people write: `advantage * (1 - prob)`.
 *
 *   expression  term (+ | -) term …           term    factor (* | /) factor …
 *   factor      - factor | number | name | name(expression, …) | (expression)
 *
 * The text becomes a tree of known operations and nothing else: it is never run as code. Every tree gives a finite number for every token.
 */

import { applyOperation, type TableOperation } from '../../src/index.ts';

/** What an expression may look at, per token. */
export const EXPRESSION_NAMES = {
  logProb: 'log-probability of the token, nats',
  oldLogProb: 'the same when it was sampled',
  ratio: 'e^(logProb − oldLogProb)',
  advantage: 'how much better its completion did than its group',
  entropy: 'of the distribution it was drawn from, nats',
  cov: '(advantage − its mean) · (logProb − its mean) over the mini-batch',
  prob: 'e^logProb',
  reward: 'what its completion earned',
} as const;
export type ExpressionName = keyof typeof EXPRESSION_NAMES;

/** Functions: their operation, how many numbers they take, and what they give. */
export const EXPRESSION_FUNCTIONS = {
  min: { operation: 'lesser', takes: 2, gives: 'the lesser of two' },
  max: { operation: 'greater', takes: 2, gives: 'the greater of two' },
  clamp: { operation: 'clamp', takes: 3, gives: 'the first, held between the second and the third' },
  exp: { operation: 'exponential', takes: 1, gives: 'e to the power' },
  log: { operation: 'logarithm', takes: 1, gives: 'the natural logarithm; of 0 and less, that of 1e-30' },
  abs: { operation: 'absolute', takes: 1, gives: 'the value without its sign' },
  where: { operation: 'choose', takes: 3, gives: 'the second where the first is above 0, else the third' },
} as const satisfies Readonly<Record<string, { readonly operation: TableOperation; readonly takes: number; readonly gives: string }>>;

export type ExpressionNode =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'name'; readonly name: ExpressionName }
  | { readonly kind: 'apply'; readonly operation: TableOperation; readonly operands: readonly ExpressionNode[] };

export interface Expression {
  readonly text: string;
  readonly root: ExpressionNode;
}

/** What is wrong with a text, and where: characters `at` … `at + length − 1`. */
export interface ExpressionProblem {
  readonly ok: false;
  readonly message: string;
  readonly at: number;
  readonly length: number;
}

export const LONGEST_TEXT = 400;
export const MOST_NODES = 80;
const DEEPEST = 40;

interface Token {
  readonly kind: 'number' | 'name' | 'sign' | 'end';
  readonly text: string;
  readonly at: number;
}

/** Reads a weight. Never throws, whatever the text. */
export function parseExpression(text: string): { readonly ok: true; readonly expression: Expression } | ExpressionProblem {
  try {
    if (text.length > LONGEST_TEXT)
      throw new Problem(`expected at most ${LONGEST_TEXT} characters, got ${text.length}.`, LONGEST_TEXT, text.length - LONGEST_TEXT);
    return { ok: true, expression: { text, root: new Reader(tokensOf(text)).whole() } };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { ok: false, message: error.message, at: error.at, length: error.length };
  }
}

/** The weight of one token. */
export function evaluateExpression({ root }: Expression, values: Readonly<Record<ExpressionName, number>>): number {
  const valueOf = (node: ExpressionNode): number => {
    if (node.kind === 'number') return node.value;
    if (node.kind === 'name') return values[node.name];
    const [a = 0, b, c] = node.operands.map(valueOf);
    return applyOperation(node.operation, a, b, c);
  };
  return valueOf(root);
}

class Problem extends Error {
  readonly at: number;
  readonly length: number;

  constructor(message: string, at: number, length: number) {
    super(message);
    this.at = at;
    this.length = length;
  }
}

const TOKEN = /\s*(?:((?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|([A-Za-z_]\w*)|([-+*/(),]))/y;

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const end = text.trimEnd().length;
  while (at < end) {
    TOKEN.lastIndex = at;
    const [all, number, name, sign] = TOKEN.exec(text) ?? [];
    if (all === undefined) {
      const place = at + (text.slice(at).length - text.slice(at).trimStart().length);
      const [character = ''] = text.slice(place);
      throw new Problem(`expected a number, a name or one of + - * / ( ) , — got “${character}”.`, place, Math.max(1, character.length));
    }
    at = TOKEN.lastIndex;
    const found = number ?? name ?? sign ?? '';
    tokens.push({ kind: number !== undefined ? 'number' : name !== undefined ? 'name' : 'sign', text: found, at: at - found.length });
  }
  return [...tokens, { kind: 'end', text: '', at: end }];
}

class Reader {
  readonly #tokens: readonly Token[];
  #place = 0;
  #nodes = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): ExpressionNode {
    const root = this.#expression();
    if (this.#next.kind !== 'end') throw this.#unexpected('an operator or the end');
    return root;
  }

  get #next(): Token {
    return this.#tokens[this.#place]!;
  }

  #take(sign: string): boolean {
    if (this.#next.kind !== 'sign' || this.#next.text !== sign) return false;
    this.#place++;
    return true;
  }

  #expression(): ExpressionNode {
    let left = this.#term();
    for (;;) {
      if (this.#take('+')) left = this.#apply('add', left, this.#term());
      else if (this.#take('-')) left = this.#apply('subtract', left, this.#term());
      else return left;
    }
  }

  #term(): ExpressionNode {
    let left = this.#factor();
    for (;;) {
      if (this.#take('*')) left = this.#apply('multiply', left, this.#factor());
      else if (this.#take('/')) left = this.#apply('divide', left, this.#factor());
      else return left;
    }
  }

  #factor(): ExpressionNode {
    const token = this.#next;
    if (++this.#depth > DEEPEST)
      throw new Problem(`expected at most ${DEEPEST} brackets and signs inside each other, got more.`, token.at, Math.max(1, token.text.length));
    const node = this.#unnested(token);
    this.#depth--;
    return node;
  }

  #unnested(token: Token): ExpressionNode {
    if (this.#take('-')) return this.#apply('subtract', { kind: 'number', value: 0 }, this.#factor());
    if (this.#take('(')) return this.#closed(this.#expression());
    if (token.kind === 'sign' || token.kind === 'end') throw this.#unexpected('a number, a name or a bracket');
    this.#place++;
    if (token.kind === 'number') return this.#counted({ kind: 'number', value: numberOf(token) });
    return this.#take('(') ? this.#call(token) : this.#counted({ kind: 'name', name: nameOf(token) });
  }

  #call(name: Token): ExpressionNode {
    const known = Object.hasOwn(EXPRESSION_FUNCTIONS, name.text) ? EXPRESSION_FUNCTIONS[name.text as keyof typeof EXPRESSION_FUNCTIONS] : undefined;
    if (!known) throw new Problem(`${name.text}: expected a function, one of ${Object.keys(EXPRESSION_FUNCTIONS).join(', ')}.`, name.at, name.text.length);
    const operands = [this.#expression()];
    while (this.#take(',')) operands.push(this.#expression());
    this.#closed(operands[0]!);
    if (operands.length !== known.takes)
      throw new Problem(
        `${name.text}: expected ${known.takes} ${known.takes === 1 ? 'number' : 'numbers'}, got ${operands.length}.`,
        name.at,
        name.text.length,
      );
    return this.#apply(known.operation, ...operands);
  }

  #closed(node: ExpressionNode): ExpressionNode {
    if (!this.#take(')')) throw this.#unexpected('“)”');
    return node;
  }

  #apply(operation: TableOperation, ...operands: readonly ExpressionNode[]): ExpressionNode {
    return this.#counted({ kind: 'apply', operation, operands });
  }

  #counted(node: ExpressionNode): ExpressionNode {
    if (++this.#nodes > MOST_NODES)
      throw new Problem(`expected at most ${MOST_NODES} numbers, names and operations, got more.`, this.#next.at, Math.max(1, this.#next.text.length));
    return node;
  }

  #unexpected(wanted: string): Problem {
    const { kind, text, at } = this.#next;
    return new Problem(`expected ${wanted}, got ${kind === 'end' ? 'the end' : `“${text}”`}.`, at, Math.max(1, text.length));
  }
}

function numberOf({ text, at }: Token): number {
  const value = Number(text);
  if (!(value <= 1e30)) throw new Problem(`${text}: expected a number up to 1e30.`, at, text.length);
  return value;
}

function nameOf({ text, at }: Token): ExpressionName {
  if (Object.hasOwn(EXPRESSION_NAMES, text)) return text as ExpressionName;
  if (Object.hasOwn(EXPRESSION_FUNCTIONS, text)) throw new Problem(`${text}: expected “(” after a function.`, at, text.length);
  throw new Problem(`${text}: expected a name, one of ${Object.keys(EXPRESSION_NAMES).join(', ')}.`, at, text.length);
}
