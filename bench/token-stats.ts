/** Statistics of tokens from logits that are there: ours make log-prob, entropy and moments; theirs the log-prob alone. */

import { type Device, tensorOf } from '../src/gpu/device.ts';
import { MOMENTS, STATE_WIDTH, tokenStatsFinish, tokenStatsTile } from '../src/kernels/token-stats.ts';
import { numbers } from './numbers.ts';
import { type Contestant, type Result, takeTurns } from './rounds.ts';
import type { Tfjs } from './tfjs.ts';

const SIZES = [
  [900, 18],
  [2048, 512],
  [1024, 8192],
] as const;

export interface TokenStatsRow {
  readonly tokens: number;
  readonly vocabulary: number;
  readonly results: readonly Result[];
}

export async function benchTokenStats(device: Device, tfjs: Tfjs | undefined, rounds: number): Promise<readonly TokenStatsRow[]> {
  const rows: TokenStatsRow[] = [];
  for (const [tokens, vocabulary] of SIZES) {
    const contestants = [ours(device, tokens, vocabulary), ...(tfjs ? [theirs(tfjs, tokens, vocabulary)] : [])];
    rows.push({ tokens, vocabulary, results: await takeTurns(contestants, rounds) });
  }
  return rows;
}

function targetsOf(tokens: number, vocabulary: number): number[] {
  return Array.from({ length: tokens }, (_, row) => (row * 7919) % vocabulary);
}

function ours(device: Device, count: number, vocabulary: number): Contestant {
  const logits = tensorOf(device, 'f32', [count, vocabulary], numbers(count * vocabulary), 'bench/logits');
  const targets = tensorOf(device, 'u32', [count], targetsOf(count, vocabulary), 'bench/targets');
  const slots = tensorOf(
    device,
    'u32',
    [count],
    Array.from({ length: count }, (_, row) => row),
    'bench/slots',
  );
  const state = device.create('f32', [count, STATE_WIDTH], 'bench/state');
  const logProbs = device.create('f32', [count], 'bench/log-probs');
  const entropies = device.create('f32', [count], 'bench/entropies');
  const moments = device.create('f32', [count, MOMENTS.length], 'bench/moments');
  return {
    name: 'ours',
    async run(times) {
      for (let i = 0; i < times; i++) {
        tokenStatsTile(device, { logits, targets, state, count, tileStart: 0, tileWidth: vocabulary, temperature: 1, first: true });
        tokenStatsFinish(device, { state, slots, logProbs, entropies, moments, count, vocabulary });
      }
      await device.idle();
    },
  };
}

function theirs({ tf, idle }: Tfjs, tokens: number, vocabulary: number): Contestant {
  const logits = tf.tensor2d(numbers(tokens * vocabulary), [tokens, vocabulary]);
  const places = tf.tensor2d(
    targetsOf(tokens, vocabulary).map((target, row) => [row, target]),
    [tokens, 2],
    'int32',
  );
  return {
    name: 'tfjs',
    async run(times) {
      for (let i = 0; i < times; i++) tf.tidy(() => tf.gatherND(tf.logSoftmax(logits), places)).dispose();
      await idle();
    },
  };
}
