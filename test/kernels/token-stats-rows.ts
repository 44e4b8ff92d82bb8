/** Token statistics of given rows on a device, taken in tiles of a given width. */

import { type Device, tensorOf } from '../../src/gpu/device.ts';
import { MOMENTS, STATE_WIDTH, tokenStatsBackward, tokenStatsFinish, tokenStatsTile } from '../../src/kernels/token-stats.ts';

export interface Rows {
  readonly logits: readonly (readonly number[])[];
  readonly targets: readonly number[];
  readonly temperature: number;
  /** ∂loss / ∂logProb and ∂loss / ∂entropy. */
  readonly byLogProb: readonly number[];
  readonly byEntropy: readonly number[];
}

/** Results per row: logProb, entropy, then the moments; and the gradient. */
export interface RowResults {
  readonly statistics: readonly (readonly number[])[];
  readonly gradient: readonly (readonly number[])[];
}

export async function statisticsOf(
  device: Device,
  { logits, targets: ids, temperature, byLogProb: logProbSlopes, byEntropy: entropySlopes }: Rows,
  tile: number,
): Promise<RowResults> {
  const count = logits.length;
  const vocabulary = logits[0]!.length;
  const upload = (type: 'f32' | 'u32', data: readonly number[]) => tensorOf(device, type, [data.length], data, 'test/input');
  const [targets, slots] = [
    upload('u32', ids),
    upload(
      'u32',
      ids.map((_, i) => i),
    ),
  ];
  const [byLogProb, byEntropy] = [upload('f32', logProbSlopes), upload('f32', entropySlopes)];
  const create = (...shape: number[]) => device.create('f32', shape, 'test/output');
  const state = create(count, STATE_WIDTH);
  const [logProbs, entropies, moments] = [create(count), create(count), create(count, MOMENTS.length)];
  const tiles = Array.from({ length: Math.ceil(vocabulary / tile) }, (_, t) => {
    const part = logits.map((row) => row.slice(t * tile, (t + 1) * tile));
    return { tileStart: t * tile, tileWidth: part[0]!.length, logits: upload('f32', part.flat()) };
  });
  for (const one of tiles) tokenStatsTile(device, { ...one, targets, state, count, temperature, first: one.tileStart === 0 });
  tokenStatsFinish(device, { state, slots, logProbs, entropies, moments, count, vocabulary });
  const [l, h, m] = [await device.read(logProbs), await device.read(entropies), await device.read(moments)];
  const gradient = logits.map((): number[] => []);
  for (const one of tiles) {
    tokenStatsBackward(device, { ...one, targets, slots, state, byLogProb, byEntropy, count, temperature });
    const part = Array.from(await device.read(one.logits));
    gradient.forEach((row, i) => row.push(...part.slice(i * one.tileWidth, (i + 1) * one.tileWidth)));
  }
  const statistics = logits.map((_, i) => [l[i]!, h[i]!, ...m.slice(i * MOMENTS.length, (i + 1) * MOMENTS.length)]);
  return { statistics, gradient };
}
