/** Numbers as people read them. Values that are not finite are shown, never hidden. */

/** A measurement with about three digits that matter. */
export function number(value: unknown): string {
  if (typeof value !== 'number') return '–';
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '∞' : '-∞';
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 1000) return value.toFixed(0);
  if (size >= 100) return value.toFixed(0);
  if (size >= 10) return value.toFixed(1);
  if (size >= 0.01) return value.toFixed(2);
  return size >= 0.001 ? value.toFixed(4) : value.toExponential(1);
}

/** A share as a percentage. */
export function percent(value: unknown): string {
  if (typeof value !== 'number' || !Number.isFinite(value)) return number(value);
  const hundredfold = value * 100;
  return `${hundredfold !== 0 && Math.abs(hundredfold) < 10 ? hundredfold.toFixed(1) : hundredfold.toFixed(0)}%`;
}

/** A length of time: `6.1s`, `4m 10s`, `2h 05m`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return '–';
  if (seconds < 9.95) return `${seconds.toFixed(1)}s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${two(whole % 60)}s`;
  return `${Math.floor(whole / 3600)}h ${two(Math.floor((whole % 3600) / 60))}m`;
}

/** A size in binary units: `3.1 GiB`. */
export function bytes(count: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let [size, unit] = [count, 0];
  while (Math.abs(size) >= 1024 && unit < units.length - 1) [size, unit] = [size / 1024, unit + 1];
  return `${unit === 0 ? size : size.toFixed(1)} ${units[unit]}`;
}

/** A count with its thousands apart: `139,840`. */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** Rows of text in columns; the last column is not padded. */
export function columns(rows: readonly (readonly string[])[], options: { readonly right?: readonly number[] } = {}): string[] {
  const widths = (rows[0] ?? []).map((_, i) => rows.reduce((widest, row) => Math.max(widest, (row[i] ?? '').length), 0));
  return rows.map((row) =>
    row
      .map((cell, i) => (options.right?.includes(i) ? cell.padStart(widths[i] ?? 0) : i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
