/** One golden case as a family's function sees it: its tables, rows and options by name. */

import { TrainerError } from '../../../src/base/errors.ts';

export interface CaseRecord {
  readonly id: string;
  readonly algorithm: string;
  readonly fixture?: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly expected: Readonly<Record<string, unknown>>;
  /** Fixture fields that the source was fed. */
  readonly uses?: readonly string[];
  readonly source?: string;
  readonly function?: string;
}

export class CaseView {
  readonly record: CaseRecord;
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #options: Readonly<Record<string, unknown>>;
  readonly #read = new Set<string>();

  constructor(record: CaseRecord, fixtures: Readonly<Record<string, unknown>>) {
    this.record = record;
    const fixture = record.fixture === undefined ? {} : fixtures[record.fixture];
    if (typeof fixture !== 'object' || fixture === null) throw new TrainerError(`${record.id}: expected a fixture ${record.fixture}, got none.`);
    this.#fields = { ...fixture, ...record.inputs };
    this.#options = record.options ?? {};
  }

  has(field: string): boolean {
    return this.#fields[field] !== undefined;
  }

  /** A field as it stands in the file. */
  field(name: string): unknown {
    const value = this.#fields[name];
    if (value === undefined) throw new TrainerError(`${this.record.id}: expected a field ${name}, got none.`);
    return value;
  }

  /** Numbers; null and "NaN" are NaN. */
  row(name: string): number[] {
    const value = this.field(name);
    if (!Array.isArray(value)) throw new TrainerError(`${this.record.id}: expected ${name} to be an array, got ${typeof value}.`);
    return value.map((entry) => (entry === null ? Number.NaN : Number(entry)));
  }

  table(name: string): number[][] {
    const value = this.field(name);
    if (!Array.isArray(value)) throw new TrainerError(`${this.record.id}: expected ${name} to be a table, got ${typeof value}.`);
    return value.map((entries) => Array.from(entries as ArrayLike<unknown>, (entry) => (entry === null ? Number.NaN : Number(entry))));
  }

  scalar(name: string): number {
    return Number(this.field(name));
  }

  /** An option as it stands in the file; undefined when absent. Reading it marks it as known. */
  option(name: string): unknown {
    this.#read.add(name);
    return this.#options[name];
  }

  /** A number; `absent` when the option is, null when it is null. */
  number<T extends number | null>(name: string, absent: T): number | T {
    const value = this.option(name);
    if (value === undefined) return absent;
    return value === null ? (null as T) : Number(value);
  }

  text(name: string, absent: string): string {
    const value = this.option(name);
    return value === undefined || value === null ? absent : String(value);
  }

  flag(name: string): boolean {
    return this.option(name) === true;
  }

  /** Declares options that only name what the case is about. */
  ignore(...names: readonly string[]): void {
    for (const name of names) this.#read.add(name);
  }

  /** Options no one asked for: a case with such is not covered. */
  get unread(): string[] {
    return Object.keys(this.#options).filter((name) => !this.#read.has(name));
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
