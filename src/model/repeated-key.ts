/** Finds keys that a JSON object has twice, which `JSON.parse` would pass over in silence. */

/**
 * Returns the first key that the outermost object of a JSON text repeats, or undefined.
 *
 * @param json valid JSON; the result means nothing otherwise
 */
export function findRepeatedKey(json: string): string | undefined {
  const seen = new Set<string>();
  let depth = 0;
  // Outside strings only brackets and colons matter; a string followed by a colon is a key.
  for (const [token, isKey] of json.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/g)) {
    if (token === '{' || token === '[') depth++;
    else if (token === '}' || token === ']') depth--;
    else if (depth === 1 && isKey !== undefined) {
      const key: unknown = JSON.parse(token.slice(0, -isKey.length));
      if (typeof key !== 'string') continue;
      if (seen.has(key)) return key;
      seen.add(key);
    }
  }
  return undefined;
}
