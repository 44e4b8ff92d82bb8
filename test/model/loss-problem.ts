/** One loss of the whole model, Σ w · logProb + u · entropy, with coefficients of both signs: what gradients are tested on. */

import { Random } from '../../src/base/random.ts';
import { type Device, tensorOf } from '../../src/gpu/device.ts';
import type { ModelConfig } from '../../src/model/config.ts';
import type { TokenSlopes } from '../../src/model/head.ts';
import { type PackedGroup, packGroups } from '../../src/model/packing.ts';
import type { Parameters } from '../../src/model/parameters.ts';
import type { Transformer } from '../../src/model/transformer.ts';
import { statsTables, tinyBatch, tinyParameters, tinyTransformer } from './tiny-models.ts';

const TEMPERATURE = 0.8;

export interface LossProblem {
  readonly parameters: Parameters;
  readonly model: Transformer;
  readonly slopes: TokenSlopes;
  /** The loss under the weights as they are, in float64 on the host. */
  loss(): Promise<number>;
  /** Sets the gradients to those of the loss, as of the last call of `loss`. */
  backward(slopes?: TokenSlopes): void;
}

/** Three prompts: one alone with its completion, two shared. */
export function lossProblem(device: Device, config: ModelConfig): LossProblem {
  const { groups, rows, length, tokens } = tinyBatch(config, [[7], [3, 9, 1], [5, 6]]);
  const parameters = tinyParameters(device, config);
  const model = tinyTransformer(device, config, parameters, tokens);
  const tables = statsTables(device, rows, length);
  const batch = model.place(packGroups(groups));

  const { slots, weights, slopes } = lossCoefficients(device, groups, rows, length);
  return {
    parameters,
    model,
    slopes,
    async loss() {
      model.forward(batch, tables, TEMPERATURE);
      const [logProbs, entropies] = [await device.read(tables.logProbs), await device.read(tables.entropies)];
      return slots.reduce((sum, slot) => sum + weights.logProb[slot]! * logProbs[slot]! + weights.entropy[slot]! * entropies[slot]!, 0);
    },
    backward(given = slopes) {
      model.clearGradients();
      model.backward(batch, given, TEMPERATURE);
    },
  };
}

/** Coefficients of both signs for every predicted token, and the slopes they make. */
export function lossCoefficients(device: Device, groups: readonly PackedGroup[], rows: number, length: number) {
  const random = Random.seeded(6).fork('coefficients');
  const slots = groups.flatMap(({ continuations }) => continuations.flatMap(({ targets, slot }) => Array.from({ length: targets.length }, (_, t) => slot + t)));
  const coefficients = (name: string): Float32Array => {
    const stream = random.fork(name);
    const values = new Float32Array(rows * length);
    for (const slot of slots) values[slot] = stream.normal(slot);
    return values;
  };
  const weights = { logProb: coefficients('logProb'), entropy: coefficients('entropy') };
  const slopes: TokenSlopes = {
    byLogProb: tensorOf(device, 'f32', [rows, length], weights.logProb, 'tables/byLogProb'),
    byEntropy: tensorOf(device, 'f32', [rows, length], weights.entropy, 'tables/byEntropy'),
  };
  return { slots, weights, slopes };
}
