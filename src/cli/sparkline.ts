/** A row of numbers as a row of bars. */

const bars = '▁▂▃▄▅▆▇█';

/** What stands for a value that is not finite. */
const broken = '×';

/**
 * Draws values as bars between the smallest and the largest; more values than `width` are averaged in equal parts.
 * A value that is not finite shows as ×, and so does the part it falls in.
 */
export function sparkline(values: readonly number[], width: number): string {
  const parts = averaged(values, width);
  const finite = parts.filter(Number.isFinite);
  const lowest = finite.reduce((a, b) => Math.min(a, b), Infinity);
  const highest = finite.reduce((a, b) => Math.max(a, b), -Infinity);
  const span = highest - lowest;
  const bar = (value: number) => {
    if (!Number.isFinite(value)) return broken;
    const level = span > 0 ? Math.round(((value - lowest) / span) * (bars.length - 1)) : 3;
    return bars[level]!;
  };
  return parts.map(bar).join('');
}

function averaged(values: readonly number[], width: number): readonly number[] {
  if (values.length <= width) return values;
  return Array.from({ length: width }, (_, i) => {
    const part = values.slice(Math.floor((i * values.length) / width), Math.floor(((i + 1) * values.length) / width));
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  });
}
