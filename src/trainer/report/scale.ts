/** Axes: from numbers to places on paper, and the round numbers to label. */

export interface Scale {
  readonly ticks: readonly number[];
  /** The place of a value, in pixels. */
  at(value: number): number;
}

/** A linear scale over the values, widened to round ticks. */
export function scaleOver(values: readonly number[], from: number, to: number, options: { readonly withZero?: boolean } = {}): Scale {
  const finite = values.filter(Number.isFinite);
  const lowest = finite.reduce((a, b) => Math.min(a, b), options.withZero ? 0 : Infinity);
  const highest = finite.reduce((a, b) => Math.max(a, b), options.withZero ? 0 : -Infinity);
  const [low, high] = lowest < highest ? [lowest, highest] : Number.isFinite(lowest) ? [lowest - 0.5, lowest + 0.5] : [0, 1];
  const step = roundStep((high - low) / 4);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
  const [start, end] = [ticks[0]!, ticks.at(-1)!];
  return { ticks, at: (value) => from + ((value - start) / (end - start)) * (to - from) };
}

/** The smallest of 1, 2, 2.5, 5 · 10^k that is at least the given width. */
function roundStep(width: number): number {
  const decade = Number(`1e${Math.floor(Math.log(width) / Math.LN10 + 1e-9)}`);
  return decade * ([1, 2, 2.5, 5].find((factor) => factor * decade >= width * (1 - 1e-9)) ?? 10);
}

/** A number as a label: short, with the digits that matter. */
export function label(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '∞' : '−∞';
  const size = Math.abs(value);
  const text = size !== 0 && (size < 1e-3 || size >= 1e5) ? value.toExponential(1).replace('e+', 'e') : String(Number(value.toPrecision(3)));
  return text.replace('-', '−');
}
