/** Finds what a person probably meant to write. */

/** The nearest candidate: at most two typing slips away, or one that begins like the key (or the other way round); undefined where none is near. */
export function nearest(key: string, candidates: Iterable<string>): string | undefined {
  const wanted = key.toLowerCase();
  let best: string | undefined;
  let least = Infinity;
  for (const candidate of candidates) {
    const distance = slipsBetween(wanted, candidate.toLowerCase());
    const isNear = distance <= Math.min(2, Math.floor(Math.max(key.length, candidate.length) / 2));
    const isPrefix = Math.min(key.length, candidate.length) >= 3 && (candidate.startsWith(wanted) || wanted.startsWith(candidate));
    const cost = isNear ? distance : isPrefix ? 2.5 : Infinity;
    if (cost < least) [best, least] = [candidate, cost];
  }
  return best;
}

/**
 * Counts the slips (letter left out, added, replaced, or two neighbours swapped) that turn one word into the other.
 *
 * @source Damerau 1964; the restricted form, in which no letter is touched twice
 */
export function slipsBetween(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwap ? beforeLast[j - 2]! + 1 : Infinity;
      row.push(Math.min(replaced, swapped, last[j]! + 1, row[j - 1]! + 1));
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}
