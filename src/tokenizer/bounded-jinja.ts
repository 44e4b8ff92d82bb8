/**
 * Runs jinja templates that nobody has vetted: each evaluation, each turn of a loop and each piece of text costs steps, and a
 * template that needs too many, or too large a value, stops with an error instead of taking all time or memory.
 */

import {
  type JinjaFilter,
  type JinjaFor,
  JinjaInterpreter,
  type JinjaMember,
  type JinjaNode,
  JinjaScope,
  type JinjaValue,
  isJinjaFunction,
  withFunction,
} from './jinja.ts';

/** What a template may use. */
export const JINJA_LIMITS = {
  /** For a conversation, whatever it says; published templates take at most 80 a message, and one for every six characters. */
  steps: 10_000,
  stepsPerMessage: 500,
  stepsPerCharacter: 1 / 2,
  /** Characters of a text, or of a list or object with all it holds. */
  characters: 2 ** 18,
  /** Characters that one filter or `replace` could make of what it is given. */
  growth: 2 ** 24,
  range: 10_000,
} as const;

/** A template went beyond a limit; the message says which. */
export class JinjaOverrun extends Error {}

/** The template itself refused, by `raise_exception`. */
export class JinjaRefusal extends Error {}

/**
 * Renders a parsed template.
 *
 * @param steps it may take
 * @throws JinjaOverrun, JinjaRefusal, or whatever the library throws at a template it cannot run
 */
export function runJinja(program: JinjaNode, variables: Readonly<Record<string, unknown>>, steps: number): string {
  const scope = new JinjaScope();
  for (const [name, value] of Object.entries({ ...GLOBALS, ...variables })) scope.set(name, value);
  return String(new BoundedInterpreter(scope, steps).run(program).value);
}

const GLOBALS = {
  true: true,
  True: true,
  false: false,
  False: false,
  none: null,
  None: null,
  range: boundedRange,
  raise_exception(message: unknown): never {
    throw new JinjaRefusal(String(message));
  },
};

/** Python's `range`, of at most as many numbers as a template may ask for. */
function boundedRange(first: unknown, second?: unknown, step: unknown = 1): number[] {
  const [start, stop] = second === undefined ? [0, first] : [first, second];
  if (!Number.isInteger(start) || !Number.isInteger(stop) || !Number.isInteger(step) || step === 0)
    throw new Error('range() takes whole numbers, and a step that is not 0');
  const [from, to, by] = [Number(start), Number(stop), Number(step)];
  const length = Math.max(0, Math.ceil((to - from) / by));
  if (length > JINJA_LIMITS.range) throw new JinjaOverrun(`range() of ${length} numbers, at most ${JINJA_LIMITS.range}`);
  return Array.from({ length }, (_, i) => from + i * by);
}

class BoundedInterpreter extends JinjaInterpreter {
  readonly #mostSteps: number;
  #steps = 0;
  #longest = 0;
  /** What loops run over: a turn costs the library as much as four evaluations, even if its body is empty. */
  readonly #iterables = new Set<JinjaNode>();
  readonly #weights = new WeakMap<JinjaValue, number>();
  #namespacesWeighed = 0;

  constructor(scope: JinjaScope, mostSteps: number) {
    super(scope);
    this.#mostSteps = mostSteps;
  }

  override evaluate(node: JinjaNode | undefined, scope: JinjaScope): JinjaValue {
    this.#spend(1);
    const value = super.evaluate(node, scope);
    const { value: inner } = value;
    if (typeof inner === 'string') {
      this.#longest = Math.max(this.#longest, inner.length);
      this.#spend(inner.length / 64);
    } else if (isContainer(inner)) {
      const items = sizeOf(inner);
      this.#spend(node !== undefined && this.#iterables.has(node) ? 4 * items : items / 16);
    }
    this.#weigh(value, 0);
    return value;
  }

  override evaluateFor(node: JinjaFor, scope: JinjaScope): JinjaValue {
    this.#iterables.add(node.iterable).add(node.iterable.lhs ?? node.iterable);
    return super.evaluateFor(node, scope);
  }

  /** `replace` can make a long text of two short ones. */
  override evaluateMemberExpression(node: JinjaMember, scope: JinjaScope): JinjaValue {
    const found = super.evaluateMemberExpression(node, scope);
    if (!isJinjaFunction(found) || !(node.computed || node.property.value === 'replace')) return found;
    return withFunction(found, (args, inner) => {
      const [old, fresh] = args.map(({ value }) => (typeof value === 'string' ? value.length : 0));
      this.#limitGrowth((this.#longest / Math.max(1, old ?? 0) + 1) * (fresh ?? 0));
      return found.value(args, inner);
    });
  }

  /** So can filters that put a text between, or an indentation before, the pieces of their operand. */
  override applyFilter(operand: JinjaValue, filter: JinjaFilter, scope: JinjaScope): JinjaValue {
    if (filter.args !== undefined && ['join', 'indent', 'tojson', 'replace'].includes(filter.callee?.value ?? '')) {
      const [positional, named] = this.evaluateArguments(filter.args, scope);
      const pieces = [...positional, ...named.values()].map(({ value }) => (typeof value === 'number' ? value : typeof value === 'string' ? value.length : 0));
      const weight = this.#weigh(operand, 0);
      this.#limitGrowth(weight * (filter.callee?.value === 'tojson' ? depthOf(operand) : 1) * Math.max(1, ...pieces));
    }
    return super.applyFilter(operand, filter, scope);
  }

  #spend(steps: number): void {
    this.#steps += steps;
    if (this.#steps > this.#mostSteps) throw new JinjaOverrun(`more than ${this.#mostSteps} steps`);
  }

  #limitGrowth(characters: number): void {
    if (!(characters <= JINJA_LIMITS.growth)) throw new JinjaOverrun(`a text that could grow to ${characters} characters`);
  }

  /**
   * The characters a value comes to when it is written out; a list that holds another twice counts it twice. What a list or an object
   * weighs is kept, since it never changes, unless there is a namespace in it, which may.
   */
  #weigh(value: JinjaValue, depth: number): number {
    const { value: inner } = value;
    const known = this.#weights.get(value);
    if (known !== undefined) return known;
    const namespaces = this.#namespacesWeighed;
    if (value.type === 'NamespaceValue') this.#namespacesWeighed++;
    let weight = typeof inner === 'string' ? inner.length : 8;
    if (isContainer(inner)) {
      if (depth > MAX_DEPTH) throw new JinjaOverrun(`a value nested ${MAX_DEPTH} deep`);
      for (const item of inner.values()) {
        this.#spend(1 / 16);
        weight += this.#weigh(item, depth + 1);
        if (weight > JINJA_LIMITS.characters) break;
      }
    }
    if (weight > JINJA_LIMITS.characters) throw new JinjaOverrun(`a value of more than ${JINJA_LIMITS.characters} characters`);
    if (isContainer(inner) && this.#namespacesWeighed === namespaces) this.#weights.set(value, weight);
    return weight;
  }
}

const MAX_DEPTH = 200;

type Container = readonly JinjaValue[] | ReadonlyMap<string, JinjaValue>;

function isContainer(value: unknown): value is Container {
  return Array.isArray(value) || value instanceof Map;
}

function sizeOf(container: Container): number {
  return 'size' in container ? container.size : container.length;
}

function depthOf({ value }: JinjaValue): number {
  if (!isContainer(value)) return 1;
  let deepest = 0;
  for (const item of value.values()) deepest = Math.max(deepest, depthOf(item));
  return 1 + deepest;
}
