/** The recipe's text as the form sees it: values read out of it, and single keys written into it, the rest left as it was typed. */

import { isCollection, isMap, parseDocument } from 'yaml';

/** What the text says of keys, each as YAML in one line; keys that are not written are left out. */
export function writtenValues(text: string, paths: readonly string[]): ReadonlyMap<string, string> {
  const document = parseDocument(text);
  const values = new Map<string, string>();
  if (document.errors.length > 0 || !isMap(document.contents)) return values;
  for (const path of paths) {
    const value: unknown = document.getIn(keysOf(path));
    if (value === undefined) continue;
    values.set(path, isCollection(value) ? JSON.stringify(value.toJSON()) : value === null ? 'null' : String(value));
  }
  return values;
}

/** The text with a key set to what was typed, read as YAML; an empty value takes the key out. Undefined where the text cannot be read. */
export function withValue(text: string, path: string, typed: string): string | undefined {
  const document = parseDocument(text);
  if (document.errors.length > 0) return undefined;
  const keys = keysOf(path);
  if (typed.trim() === '') document.deleteIn(keys);
  else {
    const value = parseDocument(typed);
    document.setIn(keys, value.errors.length > 0 ? typed : value.contents);
  }
  dropEmpty(document, keys.slice(0, -1));
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

/** Takes out blocks that lost their last key. */
function dropEmpty(document: ReturnType<typeof parseDocument>, keys: readonly (string | number)[]): void {
  for (let depth = keys.length; depth > 0; depth--) {
    const path = keys.slice(0, depth);
    const block: unknown = document.getIn(path);
    if (isMap(block) && block.items.length === 0) document.deleteIn(path);
  }
}

/** `reward.*.use` is the first reward's: the form shows one. */
function keysOf(path: string): (string | number)[] {
  return path.split('.').map((key) => (key === '*' ? 0 : key));
}
