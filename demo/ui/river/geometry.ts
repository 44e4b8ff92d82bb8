/** The shapes of a river: how probability becomes streams between two banks. Pure; all lengths in CSS pixels. */

import type { Frame, RiverSlice } from '../../data/frame.ts';
import type { BandPlan } from './bands.ts';

export interface RiverBox {
  readonly width: number;
  readonly height: number;
  /** Last step that has room on the axis. */
  readonly steps: number;
}

/** One step's streams: `edges[i]` and `edges[i + 1]` bound stream i, from the upper shallows through the bands to the lower shallows. */
export interface Column {
  readonly step: number;
  readonly x: number;
  readonly edges: readonly number[];
}

/**
 * Lays one step out. The right answers lie in the middle, as high as their share; those without a band of their own are split into the
 * shallows above and below them, and the wrong answers into the two banks.
 */
export function columnOf(slice: RiverSlice, step: number, plan: BandPlan, { width, height, steps }: RiverBox): Column {
  const known = new Map(slice.answers.map((answer, i) => [answer, slice.probabilities[i]!]));
  const bands = plan.order.map((answer) => known.get(answer) ?? 0);
  const banded = bands.reduce((sum, p) => sum + p, 0);
  const right = Math.max(1 - slice.wrong, banded);
  const shallow = (right - banded) / 2;
  const edges = [(1 - right) / 2];
  for (const share of [shallow, ...bands, shallow]) edges.push(edges.at(-1)! + share);
  return { step, x: (step / Math.max(1, steps)) * width, edges: edges.map((edge) => edge * height) };
}

export function columnsOf(frames: readonly Frame[], probe: number, plan: BandPlan, box: RiverBox): Column[] {
  return frames.flatMap(({ step, rivers }) => {
    const slice = rivers[probe];
    return slice ? [columnOf(slice, step, plan, box)] : [];
  });
}

/** Outlines of every stream, in the order of the columns' edges; empty where a stream never has any height. */
export function streamPaths(columns: readonly Column[]): string[] {
  const streams = (columns[0]?.edges.length ?? 1) - 1;
  const back = columns.toReversed();
  return Array.from({ length: streams }, (_, i) => {
    const isDry = columns.every(({ edges }) => edges[i + 1]! - edges[i]! < 0.05);
    return isDry ? '' : [...line(columns, i, 'M'), ...line(back, i + 1, 'L'), 'Z'].join('');
  });
}

/** A line that is level at every column and never leaves the range of its two ends. In parts: text that grew by `+=` would hold all of them. */
function line(columns: readonly Column[], edge: number, start: 'M' | 'L'): string[] {
  return columns.map(({ x, edges }, i) => {
    const y = short(edges[edge]!);
    const before = columns[i - 1];
    if (!before) return `${start}${short(x)} ${y}`;
    const middle = short((before.x + x) / 2);
    return `C${middle} ${short(before.edges[edge]!)} ${middle} ${y} ${short(x)} ${y}`;
  });
}

function short(value: number): number {
  return Math.round(value * 100) / 100;
}

/** The last column at or before a step; undefined before the first. */
export function columnAt(columns: readonly Column[], step: number): Column | undefined {
  let found: Column | undefined;
  for (const column of columns) {
    if (column.step > step) break;
    found = column;
  }
  return found;
}

/** A stream thick enough at this column to carry its name. */
export interface StreamLabel {
  readonly answer: string;
  readonly y: number;
  readonly share: number;
}

export function labelsAt(column: Column, plan: BandPlan, height: number, lineHeight: number): StreamLabel[] {
  return plan.order.flatMap((answer, i) => {
    const [top, bottom] = [column.edges[i + 1]!, column.edges[i + 2]!];
    return bottom - top >= lineHeight ? [{ answer, y: (top + bottom) / 2, share: (bottom - top) / height }] : [];
  });
}

/** What lies at a height of a column: a band, the shallows or a bank. */
export function streamAt(
  column: Column,
  y: number,
  plan: BandPlan,
): { readonly kind: 'band' | 'shallow' | 'bank'; readonly answer?: string; readonly share: number } {
  const { edges } = column;
  const height = edges[0]! + edges.at(-1)!; // the banks are equally high
  const at = edges.findLastIndex((edge) => y >= edge);
  const last = edges.length - 1;
  const share = (from: number, to: number): number => (edges[to]! - edges[from]!) / height;
  if (at < 0 || at >= last) return { kind: 'bank', share: 1 - share(0, last) };
  if (at === 0 || at === last - 1) return { kind: 'shallow', share: share(0, 1) + share(last - 1, last) };
  return { kind: 'band', answer: plan.order[at - 1]!, share: share(at, at + 1) };
}
