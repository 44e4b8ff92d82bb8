/** One golden case as a family's function sees it: its tables, rows and options by name. */

import type { Fields, Json } from '../fields.ts';
import type { FixtureCase } from '../fixture.ts';

export class CaseView {
  readonly id: string;
  readonly algorithm: string;
  readonly inputs: Fields;
  readonly expectsError: boolean;
  readonly #options: Fields;

  constructor({ id, algorithm, inputs, options, expected }: Pick<FixtureCase, 'id' | 'algorithm' | 'inputs' | 'options' | 'expected'>) {
    this.id = id;
    this.algorithm = algorithm;
    this.inputs = inputs;
    this.expectsError = expected['error'] !== undefined;
    this.#options = options;
  }

  has(field: string): boolean {
    return this.inputs.has(field);
  }

  /** Numbers; null and "NaN" are NaN. */
  row(name: string): number[] {
    return this.inputs.vector(name);
  }

  table(name: string): number[][] {
    return this.inputs.table(name);
  }

  /** An option as it stands in the file; null when absent. */
  option(name: string): Json {
    return this.#options.raw(name);
  }

  /** A number; `fallback` where the option is absent or null. */
  number<T extends number | null>(name: string, fallback: T): number | T {
    return this.#options.has(name) ? this.#options.number(name) : fallback;
  }

  text(name: string, fallback: string): string {
    const value = this.option(name);
    return value === null ? fallback : String(value);
  }

  flag(name: string): boolean {
    return this.option(name) === true;
  }

  /** Declares options that only name what the case is about. */
  ignore(...names: readonly string[]): void {
    for (const name of names) this.option(name);
  }

  get B(): number {
    return this.table('mask').length;
  }

  get T(): number {
    return this.table('mask')[0]?.length ?? 0;
  }

  /** Valid tokens of each row. */
  get lengths(): Uint32Array {
    return Uint32Array.from(this.table('mask'), (row) => row.reduce((sum, m) => sum + m, 0));
  }
}
