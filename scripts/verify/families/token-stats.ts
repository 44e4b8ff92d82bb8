/** Statistics of softmax rows and gradients of their linear combinations, by the kernels of the LM head. */

import { tensorOf, type Device } from '../../../src/gpu/device.ts';
import type { Tensor } from '../../../src/gpu/tensor.ts';
import { MOMENTS, STATE_WIDTH, tokenStatsBackward, tokenStatsFinish, tokenStatsTile } from '../../../src/kernels/token-stats.ts';
import type { Family } from '../algorithms.ts';
import type { FixtureCase } from '../fixture.ts';

/** Narrower than the fixtures' vocabularies, so that every row takes several tiles. */
const TILE = 40;

export const tokenStats: Family = {
  token_stats: async (one, device) => {
    const pass = new HeadPass(one, device);
    const { logp, entropy, ...moments } = await pass.forward();
    const { logSumExp, maxProb, rank1, meanLogit, sumP2, sumP2LogP } = moments;
    return { logp, entropy, logSumExp, pMax: maxProb, rank1, meanLogit, selfCertainty: logSumExp!.map((x, i) => x - meanLogit![i]!), sumP2, sumP2LogP };
  },
  logit_gradient: async (one, device) => {
    const pass = new HeadPass(one, device);
    const { logp, entropy } = await pass.forward();
    const byLogProb = one.inputs.vector('coefLogp');
    const byEntropy = one.inputs.vector('coefEntropy');
    const loss = byLogProb.reduce((sum, c, i) => sum + c * logp![i]! + byEntropy[i]! * entropy![i]!, 0);
    return { loss, gradLogits: await pass.backward(byLogProb, byEntropy) };
  },
};

interface Tile {
  readonly tileStart: number;
  readonly tileWidth: number;
  readonly logits: Tensor;
}

/** One pass over the tiles of a case's vocabulary. */
class HeadPass {
  readonly #device: Device;
  readonly #count: number;
  readonly #vocabulary: number;
  readonly #temperature: number;
  readonly #tiles: Tile[] = [];
  readonly #targets: Tensor;
  readonly #slots: Tensor;
  readonly #state: Tensor;

  constructor({ inputs, options }: FixtureCase, device: Device) {
    const logits = inputs.table('logits');
    this.#device = device;
    this.#count = logits.length;
    this.#vocabulary = logits[0]!.length;
    this.#temperature = options.number('temperature', 1);
    for (let tileStart = 0; tileStart < this.#vocabulary; tileStart += TILE) {
      const rows = logits.map((row) => row.slice(tileStart, tileStart + TILE));
      const tileWidth = rows[0]!.length;
      this.#tiles.push({ tileStart, tileWidth, logits: this.#upload('f32', rows.flat()) });
    }
    this.#targets = this.#upload('u32', inputs.vector('target'));
    this.#slots = this.#upload('u32', logits.map((_, i) => i));
    this.#state = device.create('f32', [this.#count, STATE_WIDTH], 'verify/state');
  }

  #upload(type: 'f32' | 'u32', data: readonly number[]): Tensor {
    return tensorOf(this.#device, type, [data.length], data, 'verify/input');
  }

  /** Log-probs, entropies and every moment by name. */
  async forward(): Promise<Record<string, number[]>> {
    const device = this.#device;
    const [count, vocabulary, temperature] = [this.#count, this.#vocabulary, this.#temperature];
    const [targets, slots, state] = [this.#targets, this.#slots, this.#state];
    const logProbs = device.create('f32', [count], 'verify/logProbs');
    const entropies = device.create('f32', [count], 'verify/entropies');
    const moments = device.create('f32', [count, MOMENTS.length], 'verify/moments');
    for (const tile of this.#tiles) tokenStatsTile(device, { ...tile, targets, state, count, temperature, first: tile.tileStart === 0 });
    tokenStatsFinish(device, { state, slots, logProbs, entropies, moments, count, vocabulary });
    const table = Array.from(await device.read(moments));
    const columns = MOMENTS.map((name, m): [string, number[]] => [name, table.filter((_, i) => i % MOMENTS.length === m)]);
    return { logp: Array.from(await device.read(logProbs)), entropy: Array.from(await device.read(entropies)), ...Object.fromEntries(columns) };
  }

  /** [count][vocabulary] the gradient of the raw logits; they are gone afterwards. */
  async backward(byLogProb: readonly number[], byEntropy: readonly number[]): Promise<number[][]> {
    const device = this.#device;
    const slopes = { byLogProb: this.#upload('f32', byLogProb), byEntropy: this.#upload('f32', byEntropy) };
    const gradient = byLogProb.map((): number[] => []);
    for (const tile of this.#tiles) {
      tokenStatsBackward(device, { ...tile, ...slopes, targets: this.#targets, slots: this.#slots, state: this.#state, count: this.#count, temperature: this.#temperature });
      const part = Array.from(await device.read(tile.logits));
      gradient.forEach((row, i) => row.push(...part.slice(i * tile.tileWidth, (i + 1) * tile.tileWidth)));
    }
    return gradient;
  }
}
