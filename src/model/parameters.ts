/**
 * The weights of a policy on a device. Matrices that share an input are stored as one, so that q, k and v, or gate and up,
 * cost one dispatch; their Hugging Face names are parts of it.
 */

import { DataError } from '../base/errors.ts';
import type { Device } from '../gpu/device.ts';
import { elementsOf, type Tensor } from '../gpu/tensor.ts';
import { type ModelConfig, parameterShapes } from './config.ts';
import type { Weights } from './weights.ts';

/** A published tensor inside a stored one: `length` elements from `offset`. */
export interface ParameterPart {
  /** The Hugging Face name, for example `model.layers.0.self_attn.q_proj.weight`. */
  readonly name: string;
  readonly offset: number;
  readonly shape: readonly number[];
}

/** A stored tensor of weights and the published tensors it is made of. */
export interface Parameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly parts: readonly ParameterPart[];
  readonly weights: Tensor;
}

export interface LayerParameters {
  readonly inputNorm: Parameter;
  readonly qkv: Parameter;
  readonly qkvBias: Parameter | null;
  readonly queryNorm: Parameter | null;
  readonly keyNorm: Parameter | null;
  readonly attentionOut: Parameter;
  readonly feedForwardNorm: Parameter;
  readonly gateUp: Parameter;
  readonly down: Parameter;
}

/** All weights of a model. */
export interface Parameters {
  readonly embedding: Parameter;
  readonly layers: readonly LayerParameters[];
  readonly finalNorm: Parameter;
  /** The embedding itself when tied. */
  readonly head: Parameter;
  /** Every parameter once, in a fixed order. */
  readonly all: readonly Parameter[];
}

/** Allocates the parameters of a model, all zero. */
export function createParameters(device: Device, config: ModelConfig, label = 'weights'): Parameters {
  const shapes = parameterShapes(config);
  const all: Parameter[] = [];
  const make = (name: string, parts: readonly string[]): Parameter => {
    const stacked = stack(parts, shapes);
    const parameter = { name, ...stacked, weights: device.create('f32', stacked.shape, `${label}/${name}`) };
    all.push(parameter);
    return parameter;
  };
  const embedding = make('embedding', ['model.embed_tokens.weight']);
  const layers: LayerParameters[] = [];
  for (let layer = 0; layer < config.layers; layer++) {
    const at = (suffix: string) => `model.layers.${layer}.${suffix}`;
    const attention = (part: string) => at(`self_attn.${part}`);
    layers.push({
      inputNorm: make(at('inputNorm'), [at('input_layernorm.weight')]),
      qkv: make(
        at('qkv'),
        ['q', 'k', 'v'].map((p) => attention(`${p}_proj.weight`)),
      ),
      qkvBias: config.qkvBias
        ? make(
            at('qkvBias'),
            ['q', 'k', 'v'].map((p) => attention(`${p}_proj.bias`)),
          )
        : null,
      queryNorm: config.qkNorm ? make(at('queryNorm'), [attention('q_norm.weight')]) : null,
      keyNorm: config.qkNorm ? make(at('keyNorm'), [attention('k_norm.weight')]) : null,
      attentionOut: make(at('attentionOut'), [attention('o_proj.weight')]),
      feedForwardNorm: make(at('feedForwardNorm'), [at('post_attention_layernorm.weight')]),
      gateUp: make(at('gateUp'), [at('mlp.gate_proj.weight'), at('mlp.up_proj.weight')]),
      down: make(at('down'), [at('mlp.down_proj.weight')]),
    });
  }
  const finalNorm = make('finalNorm', ['model.norm.weight']);
  const head = config.tied ? embedding : make('head', ['lm_head.weight']);
  return { embedding, layers, finalNorm, head, all };
}

/** Tensors one below the other: the shape of the whole and where each part begins. */
function stack(names: readonly string[], shapes: ReadonlyMap<string, readonly number[]>): Pick<Parameter, 'shape' | 'parts'> {
  let offset = 0;
  let rows = 0;
  const parts = names.map((name) => {
    const shape = shapes.get(name);
    if (!shape) throw new DataError(`model: expected a shape for ${name}, got none.`);
    const part = { name, offset, shape };
    offset += elementsOf(shape);
    rows += shape[0]!;
    return part;
  });
  return { shape: [rows, ...parts[0]!.shape.slice(1)], parts };
}

/** One tensor per parameter, of the same shape: gradients, or an optimizer's moments. */
export function tensorsLike(device: Device, parameters: readonly Parameter[], label: string): Map<Parameter, Tensor> {
  return new Map(parameters.map((parameter) => [parameter, device.create('f32', parameter.shape, `${label}/${parameter.name}`)]));
}

/**
 * Fills the parameters from published tensors.
 *
 * @throws DataError if a tensor's size is not what the config promises, or a weight is not finite
 */
export async function loadParameters(device: Device, { all: parameters }: Pick<Parameters, 'all'>, source: Weights): Promise<void> {
  for (const parameter of parameters) {
    const whole = new Float32Array(elementsOf(parameter.shape));
    for (const part of parameter.parts) {
      const values = await source.read(part.name);
      if (values.length !== elementsOf(part.shape)) {
        throw new DataError(
          `${part.name}: expected [${part.shape.join(', ')}] from config.json, got ${values.length} numbers. The weights and the config belong to different models.`,
        );
      }
      const bad = values.findIndex((value) => !Number.isFinite(value));
      if (bad >= 0)
        throw new DataError(
          `${part.name}: expected finite weights, got ${values[bad]} at element ${bad}. The file is damaged or was saved from a run that diverged.`,
        );
      whole.set(values, part.offset);
    }
    device.upload(parameter.weights, whole);
  }
}

/** Reads tensors shaped like the parameters back as published tensors, in the order of `parameters.all`. */
export async function readParts(
  device: Device,
  parameters: Pick<Parameters, 'all'>,
  tensorFor: (parameter: Parameter) => Tensor = (parameter) => parameter.weights,
): Promise<Map<string, { readonly shape: readonly number[]; readonly data: Float32Array }>> {
  const parts = new Map<string, { readonly shape: readonly number[]; readonly data: Float32Array }>();
  for (const parameter of parameters.all) {
    const whole = Float32Array.from(await device.read(tensorFor(parameter)));
    for (const { name, offset, shape } of parameter.parts) {
      parts.set(name, { shape, data: whole.slice(offset, offset + elementsOf(shape)) });
    }
  }
  return parts;
}
