/** Reads the fields of a parsed JSON object one by one, and says which file and field a wrong one stands in. */

import { DataError } from '../base/errors.ts';

export class JsonFields {
  readonly file: string;
  readonly #fields: Readonly<Record<string, unknown>>;

  /** @throws DataError if `json` is not an object */
  constructor(json: unknown, file: string) {
    if (!isRecord(json)) throw new DataError(`${file}: expected a JSON object, got ${describe(json)}. The file is damaged.`);
    this.file = file;
    this.#fields = json;
  }

  /** Whether the field stands there with a value; null counts as absent, as it does for transformers. */
  has(name: string): boolean {
    return this.#read(name) !== null;
  }

  /** A positive whole number. */
  count(name: string): number {
    const value = this.natural(name);
    return value > 0 ? value : this.#wrong(name, 'a positive whole number');
  }

  /** A whole number from 0 up. */
  natural(name: string): number {
    const value = this.#read(name);
    return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : this.#wrong(name, 'a whole number');
  }

  positive(name: string): number {
    const value = this.#read(name);
    return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : this.#wrong(name, 'a positive number');
  }

  boolean(name: string, otherwise: boolean): boolean {
    const value = this.#read(name) ?? otherwise;
    return typeof value === 'boolean' ? value : this.#wrong(name, 'true or false');
  }

  text(name: string, otherwise: string): string {
    const value = this.#read(name) ?? otherwise;
    return typeof value === 'string' ? value : this.#wrong(name, 'a string');
  }

  /** A list of strings, or null where there is none. */
  texts(name: string): readonly string[] | null {
    const value = this.#read(name);
    if (value === null) return null;
    return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : this.#wrong(name, 'a list of strings');
  }

  object(name: string): JsonFields {
    return new JsonFields(this.#read(name), `${this.file} ${name}`);
  }

  /** Token ids given as one number, a list or nothing. */
  tokenIds(name: string): readonly number[] {
    const value = this.#read(name) ?? [];
    const ids: readonly unknown[] = Array.isArray(value) ? value : [value];
    return ids.map((id) => (typeof id === 'number' && Number.isSafeInteger(id) && id >= 0 ? id : this.#wrong(name, 'token ids')));
  }

  /** Fails because the model needs what Entrain does not compute. */
  refuse(name: string, expected: string, got: string): never {
    throw new DataError(`${this.file}: expected ${name} ${expected}, got ${got}. This model needs what Entrain does not compute; choose another.`);
  }

  #read(name: string): unknown {
    return Object.hasOwn(this.#fields, name) ? (this.#fields[name] ?? null) : null;
  }

  #wrong(name: string, expected: string): never {
    throw new DataError(`${this.file}: expected ${name} to be ${expected}, got ${describe(this.#read(name))}. The file is damaged or incomplete.`);
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function describe(value: unknown): string {
  return value === null ? 'nothing' : (JSON.stringify(value)?.slice(0, 60) ?? 'nothing');
}
