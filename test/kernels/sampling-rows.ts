/** A wave of rows to draw for, on any device. */

import type { Key } from '../../src/base/random.ts';
import { type Device, tensorOf } from '../../src/gpu/device.ts';
import type { Tensor } from '../../src/gpu/tensor.ts';
import { sampleTokens, STATE_ROW } from '../../src/kernels/sampling.ts';

export interface Filters {
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly minP: number;
  readonly repetitionPenalty: number;
}

export const plain: Filters = { temperature: 1, topK: 0, topP: 1, minP: 0, repetitionPenalty: 1 };

export interface Wave {
  /** The logits of every row at every draw. */
  readonly logits: (draw: number) => readonly (readonly number[])[];
  readonly rowIds: readonly number[];
  readonly maxTokens: number;
  readonly filters: Filters;
  readonly key: Key;
  /** Defaults: none. */
  readonly stops?: readonly number[];
  /** Tokens each row has held; none. */
  readonly held?: readonly number[];
  /** Draws made; maxTokens. */
  readonly draws?: number;
}

export interface WaveResult {
  /** Per row: rowId, length, finished, lastToken. */
  readonly state: readonly (readonly number[])[];
  readonly tokens: readonly (readonly number[])[];
  readonly logProbs: readonly (readonly number[])[];
  readonly entropies: readonly (readonly number[])[];
}

export async function drawWave(
  device: Device,
  { logits, rowIds, maxTokens, filters, key, stops = [], held = [], draws = maxTokens }: Wave,
): Promise<WaveResult> {
  const B = rowIds.length;
  const vocabulary = logits(0)[0]!.length;
  const words = Math.ceil(vocabulary / 32);
  const create = (type: 'f32' | 'u32', ...shape: number[]) => device.create(type, shape, 'test/wave');
  const [tokens, logProbs, entropies] = [create('u32', B, maxTokens), create('f32', B, maxTokens), create('f32', B, maxTokens)];
  const state = tensorOf(
    device,
    'u32',
    [B, STATE_ROW],
    rowIds.flatMap((id) => [id, 0, 0, 0]),
    'test/state',
  );
  const bits = new Uint32Array(words);
  for (const token of held) bits[token >>> 5]! |= 1 << (token & 31);
  const usesSeen = filters.repetitionPenalty !== 1;
  const seen = usesSeen
    ? tensorOf(
        device,
        'u32',
        [B, words],
        rowIds.flatMap(() => [...bits]),
        'test/seen',
      )
    : device.none.u32;
  const stopIds = stops.length > 0 ? tensorOf(device, 'u32', [stops.length], stops, 'test/stops') : device.none.u32;
  for (let draw = 0; draw < draws; draw++) {
    const raw = tensorOf(device, 'f32', [B, vocabulary], logits(draw).flat(), 'test/logits');
    sampleTokens(device, {
      logits: raw,
      state,
      seen,
      stops: stopIds,
      stopCount: stops.length,
      tokens,
      logProbs,
      entropies,
      firstRow: 0,
      count: B,
      vocabulary,
      maxTokens,
      ...filters,
      key,
    });
  }
  const table = async (tensor: Tensor) => {
    const [data, width] = [Array.from(await device.read(tensor)), tensor.shape[1]!];
    return rowIds.map((_, i) => data.slice(i * width, (i + 1) * width));
  };
  return { state: await table(state), tokens: await table(tokens), logProbs: await table(logProbs), entropies: await table(entropies) };
}

/** The distribution that these filters leave, told from their definition rather than by thresholds: tokens are taken in falling order. */
export function filtered(logits: readonly number[], { temperature, topK, topP, minP }: Filters): number[] {
  const highest = Math.max(...logits);
  const masses = logits.map((x) => Math.exp((x - highest) / temperature));
  const falling = masses.map((_, v) => v).toSorted((a, b) => masses[b]! - masses[a]!);
  let candidates = topK > 0 ? falling.filter((v) => masses[v]! >= masses[falling[topK - 1]!]!) : falling;
  const total = candidates.reduce((sum, v) => sum + masses[v]!, 0);
  const taken: number[] = [];
  let mass = 0;
  for (const v of candidates) {
    const tiesWithLast = taken.length > 0 && masses[v] === masses[taken.at(-1)!];
    if (mass >= topP * total && !tiesWithLast) break;
    taken.push(v);
    mass += masses[v]!;
  }
  candidates = taken.filter((v) => masses[v]! >= minP);
  const kept = candidates.reduce((sum, v) => sum + masses[v]!, 0);
  return masses.map((e, v) => (candidates.includes(v) ? e / kept : 0));
}

/** Pearson's statistic of counts against probabilities; infinite where something impossible was drawn. */
export function chiSquare(counts: readonly number[], probabilities: readonly number[]): number {
  const draws = counts.reduce((sum, n) => sum + n, 0);
  return counts.reduce((sum, n, v) => {
    const expected = draws * probabilities[v]!;
    if (expected === 0) return n === 0 ? sum : Number.POSITIVE_INFINITY;
    return sum + (n - expected) ** 2 / expected;
  }, 0);
}
