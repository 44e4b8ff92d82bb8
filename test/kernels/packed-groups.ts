/** Prompts and their completions packed row by row, as training lays them out. */

export interface PackedGroups {
  readonly count: number;
  /** [count, 4]: prefixStart, prefixEnd, ownStart, ownEnd */
  readonly ranges: readonly number[];
  readonly seenUntil: readonly number[];
}

/**
 * Packs groups one after the other: a group is a prompt's length, then its completions'.
 *
 * A prompt's rows are seen by the whole group, a completion's rows by that completion only.
 */
export function packedGroups(groups: readonly (readonly number[])[]): PackedGroups {
  const ranges: number[] = [];
  const seenUntil: number[] = [];
  for (const [prompt = 0, ...completions] of groups) {
    const start = seenUntil.length;
    const end = start + completions.reduce((sum, length) => sum + length, prompt);
    for (let i = 0; i < prompt; i++) {
      ranges.push(start, start, start, start + i + 1);
      seenUntil.push(end);
    }
    for (const length of completions) {
      const own = seenUntil.length;
      for (let i = 0; i < length; i++) {
        ranges.push(start, start + prompt, own, own + i + 1);
        seenUntil.push(own + length);
      }
    }
  }
  return { count: seenUntil.length, ranges, seenUntil };
}
