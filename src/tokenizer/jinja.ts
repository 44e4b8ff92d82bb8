/**
 * The part of `@huggingface/jinja` that Entrain uses, with its types.
 *
 * The package's own declarations import each other without extensions, which a strict ES-module resolution does not follow; and
 * what bounds an interpreter (`bounded-jinja.ts`) overrides methods that they call private.
 */

import * as library from '@huggingface/jinja';

/** A value while a template runs. Arrays and objects hold values again. */
export interface JinjaValue {
  readonly type: string;
  readonly value: unknown;
  toString(): string;
}

export interface JinjaNode {
  readonly type: string;
}

export interface JinjaFor extends JinjaNode {
  readonly iterable: JinjaNode & { readonly lhs?: JinjaNode };
}

export interface JinjaMember extends JinjaNode {
  readonly computed: boolean;
  readonly property: JinjaNode & { readonly value?: unknown };
}

/** A filter by name, or called with arguments. */
export interface JinjaFilter extends JinjaNode {
  readonly value?: string;
  readonly callee?: JinjaNode & { readonly value?: string };
  readonly args?: readonly JinjaNode[];
}

export interface JinjaScope {
  /** Declares a variable; plain values and functions are converted. */
  set(name: string, value: unknown): unknown;
}

export interface JinjaInterpreter {
  run(program: JinjaNode): JinjaValue;
  evaluate(node: JinjaNode | undefined, scope: JinjaScope): JinjaValue;
  evaluateFor(node: JinjaFor, scope: JinjaScope): JinjaValue;
  evaluateMemberExpression(node: JinjaMember, scope: JinjaScope): JinjaValue;
  evaluateArguments(args: readonly JinjaNode[], scope: JinjaScope): [JinjaValue[], Map<string, JinjaValue>];
  applyFilter(operand: JinjaValue, filter: JinjaFilter, scope: JinjaScope): JinjaValue;
}

type JinjaFunction = (args: JinjaValue[], scope: JinjaScope) => JinjaValue;

export const JinjaScope: new () => JinjaScope = library.Environment;
export const JinjaInterpreter: new (scope: JinjaScope) => JinjaInterpreter = library.Interpreter;

/** Parses a template as transformers configures jinja: blocks take their line break and indentation with them. */
export function parseJinja(source: string): JinjaNode {
  return library.parse(library.tokenize(source, { lstrip_blocks: true, trim_blocks: true }));
}

export function isJinjaFunction(value: JinjaValue): value is JinjaValue & { readonly value: JinjaFunction } {
  return value.type === 'FunctionValue' && typeof value.value === 'function';
}

/** The same kind of value around another function. */
export function withFunction(value: JinjaValue, call: JinjaFunction): JinjaValue {
  const Same = value.constructor as new (call: JinjaFunction) => JinjaValue;
  return new Same(call);
}
