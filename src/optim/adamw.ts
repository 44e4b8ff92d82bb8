/**
 * AdamW over every parameter, with the gradient clipped by its global norm.
 *
 *   factor = min(1, maxNorm / (norm + 1e-6))        g = factor · gradient
 *   m ← β₁m + (1 − β₁)g        v ← β₂v + (1 − β₂)g²
 *   w ← w − lr·(weightDecay·w + m̂ / (√v̂ + eps))      m̂, v̂ corrected for their bias
 *
 * An update whose gradient is not finite changes nothing and is counted; the corrections do not advance for it.
 *
 * @source Loshchilov, Hutter 2019, "Decoupled weight decay regularization"
 */

import { Random } from '../base/random.ts';
import type { Device } from '../gpu/device.ts';
import { elementsOf, type Tensor } from '../gpu/tensor.ts';
import { adamw, clipControl, partialCount, sumOfSquares } from '../kernels/adamw.ts';
import { adamwWithBf16, momentWords } from '../kernels/adamw-bf16.ts';

/** A trained tensor: its weights, gradient and moments. */
export interface Trained {
  readonly name: string;
  readonly weights: Tensor;
  readonly gradient: Tensor;
}

/** The constants of AdamW. */
export interface AdamWOptions {
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly weightDecay: number;
  /** The gradient's global norm is held to this; 0 switches clipping off. */
  readonly maxGradNorm: number;
  /** How the moments are held; f32 by default. bf16 draws the rounding of running squares from `random`. */
  readonly moments?: MomentFormat;
  readonly random?: Random;
}

export type MomentFormat = 'f32' | 'bf16';

/** What one update did, read back when the caller awaits it. */
export interface UpdateReport {
  /** Before clipping. */
  readonly gradNorm: number;
  readonly finite: boolean;
  /** Updates skipped so far in this process. */
  readonly skipped: number;
}

/** AdamW over all parameters of a model, with the gradient clipped by its global norm. */
export class AdamW {
  /** Of each parameter; packed two to a word where `momentFormat` is bf16. */
  readonly moments: ReadonlyMap<string, { readonly m: Tensor; readonly v: Tensor }>;
  readonly momentFormat: MomentFormat;
  readonly #device: Device;
  readonly #trained: readonly Trained[];
  readonly #options: AdamWOptions;
  readonly #partials: Tensor;
  readonly #control: Tensor;
  readonly #random: Random;
  #recorded = 0;
  #skipped = 0;

  constructor(device: Device, trained: readonly Trained[], options: AdamWOptions) {
    this.#device = device;
    this.#trained = trained;
    this.#options = options;
    this.momentFormat = options.moments ?? 'f32';
    this.#random = options.random ?? Random.seeded(0);
    const create = (weights: Tensor, label: string): Tensor =>
      this.momentFormat === 'f32' ? device.create('f32', weights.shape, label) : device.create('u32', [momentWords(elementsOf(weights.shape))], label);
    this.moments = new Map(trained.map(({ name, weights }) => [name, { m: create(weights, `moments/${name}.m`), v: create(weights, `moments/${name}.v`) }]));
    const partials = trained.reduce((sum, { weights }) => sum + partialCount(elementsOf(weights.shape)), 0);
    this.#partials = device.create('f32', [partials], 'moments/partials');
    this.#control = device.create('f32', [4], 'moments/control');
  }

  /** Updates made so far, those skipped left out; part of a checkpoint. Exact once the reports of all updates have been awaited. */
  get step(): number {
    return this.#recorded - this.#skipped;
  }

  set step(made: number) {
    this.#recorded = made + this.#skipped;
  }

  /** Records one update. The report may be awaited much later; it holds the state as of this update. */
  update(lr: number): Promise<UpdateReport> {
    const device = this.#device;
    const { betas, eps, weightDecay, maxGradNorm } = this.#options;
    let offset = 0;
    for (const { gradient } of this.#trained) {
      const count = gradient.length;
      sumOfSquares(device, { from: gradient, count, partials: this.#partials, offset });
      offset += partialCount(count);
    }
    clipControl(device, { partials: this.#partials, count: offset, control: this.#control, maxNorm: maxGradNorm });
    this.#recorded++;
    for (const { name, weights, gradient } of this.#trained) {
      const { m, v } = this.moments.get(name)!;
      const update = {
        weights,
        gradients: gradient,
        m,
        v,
        control: this.#control,
        count: weights.length,
        lr,
        beta1: betas[0],
        beta2: betas[1],
        eps,
        weightDecay,
        step: this.step,
        skipped: this.#skipped,
      };
      if (this.momentFormat === 'f32') adamw(device, update);
      else adamwWithBf16(device, { ...update, key: this.#random.fork(name).key });
    }
    return device.read(this.#control).then(([norm, , finite, skipped]) => {
      this.#skipped = Math.max(this.#skipped, skipped!);
      return { gradNorm: norm!, finite: finite === 1, skipped: skipped! };
    });
  }
}
