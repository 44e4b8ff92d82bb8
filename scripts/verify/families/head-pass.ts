/** A pass of the LM head's kernels over the logits of a case: statistics, then gradients and what rules keep. */

import { tensorOf, type Device } from '../../../src/gpu/device.ts';
import type { Tensor } from '../../../src/gpu/tensor.ts';
import { KEPT, type KeptRule, keptEntropyBackward, keptSet } from '../../../src/kernels/kept-set.ts';
import { MOMENTS, STATE_WIDTH, tokenStatsBackward, tokenStatsFinish, tokenStatsTile } from '../../../src/kernels/token-stats.ts';
import { topTokens, topTokensBackward } from '../../../src/kernels/top-tokens.ts';

/** Narrower than the fixtures' vocabularies, so that their rows take several tiles. */
const TILE = 40;

interface Tile {
  readonly tileStart: number;
  readonly tileWidth: number;
  readonly logits: Tensor;
}

/** Columns by name, each [rows]. */
type Columns<Name extends string> = Readonly<Record<Name, number[]>>;

export class HeadPass {
  readonly count: number;
  readonly vocabulary: number;
  readonly #device: Device;
  readonly #temperature: number;
  readonly #tiles: Tile[] = [];
  readonly #logits: Tensor;
  readonly #targets: Tensor;
  readonly #slots: Tensor;
  readonly #state: Tensor;

  constructor(device: Device, logits: readonly (readonly number[])[], targets: readonly number[], temperature: number) {
    this.#device = device;
    this.#temperature = temperature;
    this.count = logits.length;
    this.vocabulary = logits[0]?.length ?? 0;
    for (let tileStart = 0; tileStart < this.vocabulary; tileStart += TILE) {
      const rows = logits.map((row) => row.slice(tileStart, tileStart + TILE));
      this.#tiles.push({ tileStart, tileWidth: Math.min(TILE, this.vocabulary - tileStart), logits: this.#upload('f32', rows.flat()) });
    }
    this.#logits = this.#upload('f32', logits.flat());
    this.#targets = this.#upload('u32', targets);
    this.#slots = this.#upload(
      'u32',
      targets.map((_, i) => i),
    );
    this.#state = device.create('f32', [this.count, STATE_WIDTH], 'verify/state');
  }

  #upload(type: 'f32' | 'u32', data: readonly number[]): Tensor {
    return tensorOf(this.#device, type, [data.length], data, 'verify/input');
  }

  #create(type: 'f32' | 'u32', ...shape: number[]): Tensor {
    return this.#device.create(type, shape, 'verify/output');
  }

  get #rows(): { slots: Tensor; state: Tensor; count: number } {
    return { slots: this.#slots, state: this.#state, count: this.count };
  }

  async statistics(): Promise<Columns<'logProb' | 'entropy' | (typeof MOMENTS)[number]>> {
    const { count, vocabulary } = this;
    const [device, targets, temperature] = [this.#device, this.#targets, this.#temperature];
    const [logProbs, entropies, moments] = [this.#create('f32', count), this.#create('f32', count), this.#create('f32', count, MOMENTS.length)];
    for (const tile of this.#tiles) tokenStatsTile(device, { ...tile, targets, state: this.#state, count, temperature, first: tile.tileStart === 0 });
    tokenStatsFinish(device, { ...this.#rows, logProbs, entropies, moments, vocabulary });
    return { logProb: Array.from(await device.read(logProbs)), entropy: Array.from(await device.read(entropies)), ...(await this.#columns(moments, MOMENTS)) };
  }

  /** The gradient of Σ byLogProb · logProb + byEntropy · entropy, by tiles; the tiles' logits are gone afterwards. */
  async gradient(byLogProb: readonly number[], byEntropy: readonly number[]): Promise<number[][]> {
    const slopes = { byLogProb: this.#upload('f32', byLogProb), byEntropy: this.#upload('f32', byEntropy) };
    const gradient = byLogProb.map((): number[] => []);
    for (const tile of this.#tiles) {
      tokenStatsBackward(this.#device, { ...tile, ...slopes, ...this.#rows, targets: this.#targets, temperature: this.#temperature });
      const part = await this.#table(tile.logits.as(this.count, tile.tileWidth));
      gradient.forEach((row, i) => row.push(...part[i]!));
    }
    return gradient;
  }

  async top(k: number): Promise<{ ids: number[][]; logProbs: number[][] }> {
    const { topIds, topLogProbs } = this.#top(k);
    return { ids: await this.#table(topIds), logProbs: await this.#table(topLogProbs) };
  }

  #top(k: number): { topIds: Tensor; topLogProbs: Tensor } {
    const [topIds, topLogProbs] = [this.#create('u32', this.count, k), this.#create('f32', this.count, k)];
    topTokens(this.#device, { ...this.#rows, logits: this.#logits, topIds, topLogProbs, vocabulary: this.vocabulary, k });
    return { topIds, topLogProbs };
  }

  /** The gradient of Σ by · log-prob of the most likely tokens. */
  async topGradient(by: readonly (readonly number[])[]): Promise<number[][]> {
    const k = by[0]!.length;
    const { topIds } = this.#top(k);
    const gradient = this.#create('f32', this.count, this.vocabulary);
    topTokensBackward(this.#device, {
      ...this.#rows,
      logits: this.#logits,
      topIds,
      byTopLogProb: this.#upload('f32', by.flat()),
      gradient,
      vocabulary: this.vocabulary,
      k,
    });
    return this.#table(gradient);
  }

  async kept(rule: KeptRule): Promise<Columns<(typeof KEPT)[number] | 'entropy'>> {
    const columns = await this.#columns(this.#kept(rule).kept, KEPT);
    // An empty set has no entropy; sources call it 0.
    const entropy = columns.mass.map((mass, i) => (mass > 0 ? Math.log(mass) - columns.massLogP[i]! / mass : 0));
    return { ...columns, entropy };
  }

  #kept(rule: KeptRule): { kept: Tensor; bounds: Tensor } {
    const [kept, bounds] = [this.#create('f32', this.count, KEPT.length), this.#create('f32', this.count, 2)];
    keptSet(this.#device, { ...this.#rows, logits: this.#logits, targets: this.#targets, kept, bounds, vocabulary: this.vocabulary, rule });
    return { kept, bounds };
  }

  /** The gradient of the sum of the entropies of the kept. */
  async keptGradient(rule: KeptRule): Promise<number[][]> {
    const gradient = this.#create('f32', this.count, this.vocabulary);
    const byKeptEntropy = this.#upload(
      'f32',
      Array.from({ length: this.count }, () => 1),
    );
    keptEntropyBackward(this.#device, { ...this.#rows, ...this.#kept(rule), logits: this.#logits, byKeptEntropy, gradient, vocabulary: this.vocabulary });
    return this.#table(gradient);
  }

  async #table(tensor: Tensor): Promise<number[][]> {
    const [rows = 0, width = 0] = tensor.shape;
    const data = Array.from(await this.#device.read(tensor));
    return Array.from({ length: rows }, (_, i) => data.slice(i * width, (i + 1) * width));
  }

  async #columns<Name extends string>(tensor: Tensor, names: readonly Name[]): Promise<Columns<Name>> {
    const table = await this.#table(tensor);
    return Object.fromEntries(names.map((name, column) => [name, table.map((row) => row[column]!)])) as Record<Name, number[]>;
  }
}
