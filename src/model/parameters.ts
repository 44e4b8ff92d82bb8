/**
 * The weights of a policy on a device. Matrices that share an input are stored as one, so that q, k and v, or gate and up,
 * cost one dispatch; their Hugging Face names are parts of it.
 */

import { DataError } from '../base/errors.ts';
import type { Device } from '../gpu/device.ts';
import { elementsOf, type Tensor } from '../gpu/tensor.ts';
import { BLOCK_TYPES, type BlockFormat, isBlockFormat, weightOf, wordsOf } from '../kernels/weight-format.ts';
import { type ModelConfig, parameterShapes } from './config.ts';
import { type FormatOf, type Parameter, type ParameterPart, rangesOf, type Stacked, type WeightMatrix, type WeightRange } from './parameter.ts';
import { quantise } from './quantise.ts';
import { packWeights, wordsOfBlocks } from './weight-packing.ts';
import type { Weights } from './weights.ts';

export type { FormatOf, Parameter, ParameterPart, WeightMatrix } from './parameter.ts';

const allF32: FormatOf = () => 'f32';

export interface LayerParameters {
  readonly inputNorm: Parameter;
  readonly qkv: WeightMatrix;
  readonly qkvBias: Parameter | null;
  readonly queryNorm: Parameter | null;
  readonly keyNorm: Parameter | null;
  readonly attentionOut: WeightMatrix;
  readonly feedForwardNorm: Parameter;
  readonly gateUp: WeightMatrix;
  readonly down: WeightMatrix;
}

/** All weights of a model. */
export interface Parameters {
  readonly embedding: WeightMatrix;
  readonly layers: readonly LayerParameters[];
  readonly finalNorm: Parameter;
  /** The embedding itself when tied. */
  readonly head: WeightMatrix;
  /** Every parameter once, in a fixed order. */
  readonly all: readonly Parameter[];
}

/**
 * Allocates the parameters of a model, all zero.
 *
 * @param formatOf how matrices are held; f32 by default
 * @throws DeviceError if the adapter binds too little for a matrix
 */
export function createParameters(device: Device, config: ModelConfig, label = 'weights', formatOf: FormatOf = allF32): Parameters {
  const shapes = parameterShapes(config);
  const all: Parameter[] = [];
  const make = (name: string, names: readonly string[]): Parameter => {
    const stored = stack(names, shapes);
    const parameter: Parameter = { name, ...stored, format: 'f32', weights: device.create('f32', stored.shape, `${label}/${name}`) };
    all.push(parameter);
    return parameter;
  };
  const makeMatrix = (name: string, names: readonly string[]): WeightMatrix => {
    const { matrix, ranges } = rangesOf(device.traits, name, stack(names, shapes), formatOf);
    const made = ranges.map(({ firstRow, endRow, format, parts }): WeightRange => {
      const shape = [endRow - firstRow, matrix.shape[1]];
      const rangeName = ranges.length === 1 ? name : `${name}.rows${firstRow}`;
      const weights = device.create(format === 'f32' ? 'f32' : 'u32', format === 'f32' ? shape : [wordsOf(format, elementsOf(shape))], `${label}/${rangeName}`);
      const parameter = { name: rangeName, shape, parts, format, weights };
      all.push(parameter);
      return { firstRow, endRow, parameter };
    });
    return { ...matrix, ranges: made };
  };
  const embedding = makeMatrix('embedding', ['model.embed_tokens.weight']);
  const layers: LayerParameters[] = [];
  for (let layer = 0; layer < config.layers; layer++) {
    const at = (suffix: string) => `model.layers.${layer}.${suffix}`;
    const attention = (part: string) => at(`self_attn.${part}`);
    layers.push({
      inputNorm: make(at('inputNorm'), [at('input_layernorm.weight')]),
      qkv: makeMatrix(
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
      attentionOut: makeMatrix(at('attentionOut'), [attention('o_proj.weight')]),
      feedForwardNorm: make(at('feedForwardNorm'), [at('post_attention_layernorm.weight')]),
      gateUp: makeMatrix(at('gateUp'), [at('mlp.gate_proj.weight'), at('mlp.up_proj.weight')]),
      down: makeMatrix(at('down'), [at('mlp.down_proj.weight')]),
    });
  }
  const finalNorm = make('finalNorm', ['model.norm.weight']);
  const head = config.tied ? embedding : makeMatrix('head', ['lm_head.weight']);
  return { embedding, layers, finalNorm, head, all };
}

/** Tensors one below the other: the shape of the whole and where each part begins. */
function stack(names: readonly string[], shapes: ReadonlyMap<string, readonly number[]>): Stacked {
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

/** Bytes handed to the device before it is waited for: what it has not taken yet is held twice. */
const BYTES_AT_ONCE = 64 * 2 ** 20;

/**
 * Fills the parameters from published tensors.
 *
 * @throws DataError if a tensor's size is not what the config promises, a weight is not finite, or it passes the range of its format
 */
export async function loadParameters(device: Device, { all: parameters }: Pick<Parameters, 'all'>, source: Weights): Promise<void> {
  let handedOver = 0;
  for (const parameter of parameters) {
    device.upload(parameter.weights, await stored(parameter, source));
    handedOver += parameter.weights.storage.bytes;
    if (handedOver < BYTES_AT_ONCE) continue;
    await device.idle();
    handedOver = 0;
  }
}

/** A parameter's elements, as its device tensor holds them. */
async function stored({ name, shape, parts, format }: Parameter, source: Weights): Promise<Float32Array | Uint32Array> {
  if (isBlockFormat(format)) {
    const blocks: Uint8Array[] = [];
    for (const part of parts) blocks.push(await blocksOf(part, format, source));
    return wordsOfBlocks(joined(blocks), format);
  }
  const whole = await numbersOfParts(shape, parts, source);
  return format === 'f32' ? whole : packWeights(whole, format, name);
}

/** The numbers of parts one below the other; those of a single part as they were read. */
async function numbersOfParts(shape: readonly number[], parts: readonly ParameterPart[], source: Weights): Promise<Float32Array> {
  if (parts.length === 1) return valuesOf(parts[0]!, source);
  const whole = new Float32Array(elementsOf(shape));
  for (const part of parts) whole.set(await valuesOf(part, source), part.offset);
  return whole;
}

async function valuesOf({ name, shape, from }: ParameterPart, source: Weights): Promise<Float32Array> {
  const count = elementsOf(shape);
  const values = from === undefined ? await source.read(name) : await source.read(name, from, count);
  if (values.length !== count) {
    throw new DataError(
      `${source.name}: ${name}: expected [${shape.join(', ')}] from config.json, got ${values.length} numbers. The weights and the config belong to different models.`,
    );
  }
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw new DataError(
      `${source.name}: ${name}: expected finite weights, got ${values[bad]} at element ${bad}. The file is damaged or was saved from a run that diverged.`,
    );
  return values;
}

/** GGUF's blocks of a part: as the file has them, or made from its numbers. */
async function blocksOf(part: ParameterPart, format: BlockFormat, source: Weights): Promise<Uint8Array> {
  const type = BLOCK_TYPES[format];
  if (source.tensors.get(part.name)?.dtype === type) return source.readBytes(part.name, part.from ?? 0, elementsOf(part.shape));
  if (type === 'Q4_1') throw new DataError(`${part.name}: expected blocks of Q4_1 in ${source.name}, got none. Choose another model.dtype.`);
  return quantise(await valuesOf(part, source), type);
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  if (chunks.length === 1) return chunks[0]!;
  const whole = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}

/** A tensor under its Hugging Face name. */
export interface PublishedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Reads the parameters back as published tensors one stored matrix at a time, in the order of `parameters.all`. */
export async function* publishedTensors(
  device: Device,
  { all }: Pick<Parameters, 'all'>,
  tensorFor: (parameter: Parameter) => Tensor = (parameter) => parameter.weights,
): AsyncGenerator<PublishedTensor> {
  // Rows of one tensor may be spread over parameters that follow each other.
  const pending: PublishedTensor[] = [];
  for (const parameter of all) {
    const whole = await numbersOf(device, parameter, tensorFor(parameter));
    for (const { name, offset, shape } of parameter.parts) {
      const part = { name, shape, data: whole.slice(offset, offset + elementsOf(shape)) };
      const before = pending.pop();
      if (before && before.name !== name) yield before;
      pending.push(before?.name === name ? joinedRows(before, part) : part);
    }
  }
  yield* pending;
}

/** What a tensor shaped like a parameter holds; packed weights are widened. */
async function numbersOf(device: Device, { shape, format, weights }: Parameter, tensor: Tensor): Promise<Float32Array> {
  const held = await device.read(tensor);
  if (format === 'f32' || tensor !== weights) return Float32Array.from(held);
  return Float32Array.from({ length: elementsOf(shape) }, (_, i) => weightOf(format, held, i));
}

function joinedRows(first: PublishedTensor, second: PublishedTensor): PublishedTensor {
  const data = new Float32Array(first.data.length + second.data.length);
  data.set(first.data);
  data.set(second.data, first.data.length);
  return { name: first.name, shape: [first.shape[0]! + second.shape[0]!, ...first.shape.slice(1)], data };
}

/** Reads tensors shaped like the parameters back as published tensors, all at once. */
export async function readParts(
  device: Device,
  parameters: Pick<Parameters, 'all'>,
  tensorFor?: (parameter: Parameter) => Tensor,
): Promise<Map<string, { readonly shape: readonly number[]; readonly data: Float32Array }>> {
  const parts = new Map<string, { readonly shape: readonly number[]; readonly data: Float32Array }>();
  for await (const { name, shape, data } of publishedTensors(device, parameters, tensorFor)) parts.set(name, { shape, data });
  return parts;
}
