/** A figure of the demo beside its bound. */

export interface Figure {
  readonly what: string;
  readonly value: string;
  /** As people read it: `≤ 1 s`. */
  readonly bound: string;
  readonly isMet: boolean;
}

interface Measured {
  readonly what: string;
  /** NaN where it could not be measured, which is a miss. */
  readonly value: number;
  readonly bound: number;
  readonly unit?: string;
  readonly places?: number;
  /** Said behind the value. */
  readonly note?: string;
}

export function atMost(measured: Measured): Figure {
  return figure(measured, '≤', measured.value <= measured.bound);
}

export function atLeast(measured: Measured): Figure {
  return figure(measured, '≥', measured.value >= measured.bound);
}

function figure({ what, value, bound, unit = '', places = 2, note }: Measured, sign: string, isMet: boolean): Figure {
  const withUnit = (text: string): string => (unit === '' ? text : `${text} ${unit}`);
  const shown = Number.isNaN(value) ? 'not measured' : withUnit(value.toFixed(places));
  return { what, value: note === undefined ? shown : `${shown} (${note})`, bound: `${sign} ${withUnit(String(bound))}`, isMet };
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The value that a share of the others does not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** Lines of a table: what, value, bound, and whether it is missed. */
export function tableOf(figures: readonly Figure[]): string[] {
  const width = (cells: readonly string[]): number => Math.max(...cells.map((cell) => cell.length));
  const [what, value, bound] = [width(figures.map((each) => each.what)), width(figures.map((each) => each.value)), width(figures.map((each) => each.bound))];
  return figures.map((each) => `  ${each.what.padEnd(what)}  ${each.value.padEnd(value)}  ${each.bound.padEnd(bound)}  ${each.isMet ? 'ok' : 'MISS'}`);
}
