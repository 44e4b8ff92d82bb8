/** The named values of a case, read by type; remembers what was read, so that an option nobody knows is not passed over. */

import { DataError } from '../../src/base/errors.ts';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export class Fields {
  readonly subject: string;
  readonly #values: Readonly<Record<string, Json>>;
  readonly #read = new Set<string>();

  constructor(subject: string, values: Readonly<Record<string, Json>>) {
    this.subject = subject;
    this.#values = values;
  }

  /** Names that no one has read so far. */
  get unread(): string[] {
    return Object.keys(this.#values).filter((name) => !this.#read.has(name));
  }

  get names(): string[] {
    return Object.keys(this.#values);
  }

  /** Whether the name is there and not null. */
  has(name: string): boolean {
    this.#read.add(name);
    return (this.#values[name] ?? null) !== null;
  }

  /** The value as it stands; null where it is absent. */
  raw(name: string): Json {
    this.#read.add(name);
    return this.#values[name] ?? null;
  }

  /** A number, also from "NaN", "Infinity" and "-Infinity"; the fallback where it is absent or null. */
  number(name: string, fallback?: number): number {
    const value = this.raw(name);
    if (value === null && fallback !== undefined) return fallback;
    return this.#number(value, name);
  }

  /** One of the given words; the first where it is absent or null. */
  word<const W extends string>(name: string, words: readonly W[]): W {
    const value = this.raw(name) ?? words[0];
    const known = words.find((word) => word === value);
    if (known === undefined) throw new DataError(`${this.subject}: expected ${name} to be ${words.join(', ')}, got ${JSON.stringify(value)}.`);
    return known;
  }

  /** [N] numbers; null, which means missing, comes as NaN. */
  vector(name: string): number[] {
    return this.#list(this.raw(name), name).map((value) => this.#entry(value, name));
  }

  /** [N][M] numbers. */
  table(name: string): number[][] {
    return this.#list(this.raw(name), name).map((row) => this.#list(row, name).map((value) => this.#entry(value, name)));
  }

  #entry(value: Json, name: string): number {
    return value === null ? Number.NaN : this.#number(value, name);
  }

  #number(value: Json, name: string): number {
    const number = numberOf(value);
    if (number === null) throw new DataError(`${this.subject}: expected ${name} to be a number, got ${JSON.stringify(value)}.`);
    return number;
  }

  #list(value: Json, name: string): Json[] {
    if (!Array.isArray(value)) throw new DataError(`${this.subject}: expected ${name} to be a list, got ${JSON.stringify(value)}.`);
    return value;
  }
}

/** A number of the fixture format, in which what JSON cannot write is a string; null for anything else. */
export function numberOf(value: Json): number | null {
  if (typeof value === 'boolean') return Number(value);
  if (typeof value === 'number') return value;
  return value === 'NaN' || value === 'Infinity' || value === '-Infinity' ? Number(value) : null;
}
