/** `--learning_rate 1e-5` and `--optim.lr=1e-5` mean the same as `optim.lr=1e-5`: words that name recipe keys become overrides. */

import { isForeignKey } from '../recipe/alias-advice.ts';
import { fieldsOf } from '../recipe/json-schema.ts';
import { nearest } from '../recipe/nearest.ts';

/**
 * The words with recipe keys written as `key=value`. What looks like a slip in an option stays for the option parser, what does not
 * is left to the recipe, so that either can say what was meant.
 */
export function withKeyFlags(words: readonly string[], options: ReadonlySet<string>): string[] {
  const keys = new Set(fieldsOf().map(({ path }) => path));
  const isOption = (name: string) => nearest(`--${name}`, options) !== undefined;
  const isKey = (name: string) => !options.has(`--${name}`) && (name.includes('.') || keys.has(name) || isForeignKey(name) || !isOption(name));
  const result: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (word === '--') return [...result, ...words.slice(i)];
    const [, name, value] = /^--([A-Za-z_][\w.[\]-]*)(?:=(.*))?$/s.exec(word) ?? [];
    if (name === undefined || !isKey(name)) result.push(word);
    else if (value !== undefined) result.push(`${name}=${value}`);
    else result.push(`${name}=${hasValue(words[i + 1]) ? words[++i] : 'true'}`);
  }
  return result;
}

/** A flag that is followed by another flag, an override or nothing is switched on: `--shuffle_dataset`. A negative number is a value. */
function hasValue(next: string | undefined): next is string {
  return next !== undefined && (!next.startsWith('-') || /^-\d/.test(next)) && !isOverride(next);
}

/** Whether a word is `key=value`. */
export function isOverride(word: string): boolean {
  return /^[A-Za-z_][\w.[\]-]*=/.test(word);
}
