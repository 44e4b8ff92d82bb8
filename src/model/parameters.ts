/**
 * The weights of a policy on a device. Matrices that share an input are stored as one, so that q, k and v, or gate and up,
 * cost one dispatch; their Hugging Face names are parts of it.
 */

import { DataError } from '../base/errors.ts';
import type { Device } from '../gpu/device.ts';
import { elementsOf, type Tensor } from '../gpu/tensor.ts';
import { BLOCK_TYPES, type BlockFormat, isBlockFormat, type WeightFormat, weightOf, wordsOf } from '../kernels/weight-format.ts';
import { architectureOf } from './architecture.ts';
import { type ModelConfig, parameterShapes } from './config.ts';
import { type FormatOf, type Parameter, type ParameterPart, rangesOf, type Stacked, type WeightMatrix, type WeightRange } from './parameter.ts';
import { readPart, turned } from './published-part.ts';
import { quantise } from './quantise.ts';
import { checkBlockScales, packWeights, wordsOfBlocks } from './weight-packing.ts';
import type { Weights } from './weights.ts';

export type { FormatOf, Parameter, ParameterPart, WeightMatrix } from './parameter.ts';

const allF32: FormatOf = () => 'f32';

/** Biases are null where the architecture has none. */
export interface LayerParameters {
  readonly inputNorm: Parameter;
  readonly inputNormBias: Parameter | null;
  readonly qkv: WeightMatrix;
  readonly qkvBias: Parameter | null;
  readonly queryNorm: Parameter | null;
  readonly keyNorm: Parameter | null;
  readonly attentionOut: WeightMatrix;
  readonly attentionOutBias: Parameter | null;
  readonly feedForwardNorm: Parameter;
  readonly feedForwardNormBias: Parameter | null;
  /** What the activation reads: gate and up, or up alone. */
  readonly gateUp: WeightMatrix;
  readonly gateUpBias: Parameter | null;
  readonly down: WeightMatrix;
  readonly downBias: Parameter | null;
}

/** All weights of a model. */
export interface Parameters {
  readonly embedding: WeightMatrix;
  /** Learned positions, always f32; null where positions are rotations. */
  readonly positions: WeightMatrix | null;
  readonly layers: readonly LayerParameters[];
  readonly finalNorm: Parameter;
  readonly finalNormBias: Parameter | null;
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
  const { names, norm, positions, transposed } = architectureOf(config);
  const room = new ParameterRoom(device, config, label);
  const matrix = (name: string, stem: string, format = formatOf): WeightMatrix => room.matrix(name, [`${stem}.weight`], format, false);
  const embedding = matrix('embedding', names.embedding);
  const positionTable = positions === 'learned' ? matrix('positions', names.positions, allF32) : null;
  const layers = Array.from({ length: config.layers }, (_, layer) => layerParameters(room, config, `${names.layers}.${layer}`, formatOf, transposed));
  const finalNorm = room.vector('finalNorm', [`${names.finalNorm}.weight`]);
  const finalNormBias = norm === 'layer' ? room.vector('finalNormBias', [`${names.finalNorm}.bias`]) : null;
  const head = config.tied ? embedding : matrix('head', names.head);
  return { embedding, positions: positionTable, layers, finalNorm, finalNormBias, head, all: room.all };
}

/** The parameters of one block, in the order in which they are published. */
function layerParameters(room: ParameterRoom, config: ModelConfig, layer: string, formatOf: FormatOf, transposed: boolean): LayerParameters {
  const { names, norm, biases } = architectureOf(config);
  const named = (stems: readonly string[], part: 'weight' | 'bias') => stems.map((stem) => `${layer}.${stem}.${part}`);
  const vector = (name: string, stem: string) => room.vector(`${layer}.${name}`, named([stem], 'weight'));
  const matrix = (name: string, ...stems: readonly string[]) => room.matrix(`${layer}.${name}`, named(stems, 'weight'), formatOf, transposed);
  const biasIf = (isThere: boolean, name: string, ...stems: readonly string[]) => (isThere ? room.vector(`${layer}.${name}`, named(stems, 'bias')) : null);
  const isLayerNorm = norm === 'layer';
  return {
    inputNorm: vector('inputNorm', names.inputNorm),
    inputNormBias: biasIf(isLayerNorm, 'inputNormBias', names.inputNorm),
    qkv: matrix('qkv', ...names.qkv),
    qkvBias: biasIf(config.qkvBias, 'qkvBias', ...names.qkv),
    queryNorm: config.qkNorm ? vector('queryNorm', names.queryNorm) : null,
    keyNorm: config.qkNorm ? vector('keyNorm', names.keyNorm) : null,
    attentionOut: matrix('attentionOut', names.attentionOut),
    attentionOutBias: biasIf(biases, 'attentionOutBias', names.attentionOut),
    feedForwardNorm: vector('feedForwardNorm', names.feedForwardNorm),
    feedForwardNormBias: biasIf(isLayerNorm, 'feedForwardNormBias', names.feedForwardNorm),
    gateUp: matrix('gateUp', ...names.gateUp),
    gateUpBias: biasIf(biases, 'gateUpBias', ...names.gateUp),
    down: matrix('down', names.down),
    downBias: biasIf(biases, 'downBias', names.down),
  };
}

/** Allocates parameters and keeps the list of them. */
class ParameterRoom {
  readonly #device: Device;
  readonly #shapes: ReadonlyMap<string, readonly number[]>;
  readonly #label: string;
  readonly all: Parameter[] = [];

  constructor(device: Device, config: ModelConfig, label: string) {
    this.#device = device;
    this.#shapes = parameterShapes(config);
    this.#label = label;
  }

  vector(name: string, names: readonly string[]): Parameter {
    const stored = stack(names, this.#shapes);
    const parameter: Parameter = { name, ...stored, format: 'f32', weights: this.#device.create('f32', stored.shape, `${this.#label}/${name}`) };
    this.all.push(parameter);
    return parameter;
  }

  matrix(name: string, names: readonly string[], formatOf: FormatOf, transposed: boolean): WeightMatrix {
    const { matrix, ranges } = rangesOf(this.#device.traits, name, stack(names, this.#shapes, transposed), formatOf);
    const made = ranges.map(({ firstRow, endRow, format, parts }): WeightRange => {
      const shape = [endRow - firstRow, matrix.shape[1]];
      const rangeName = ranges.length === 1 ? name : `${name}.rows${firstRow}`;
      const [type, room] = format === 'f32' ? (['f32', shape] as const) : (['u32', [wordsOf(format, elementsOf(shape))]] as const);
      const parameter = { name: rangeName, shape, parts, format, weights: this.#device.create(type, room, `${this.#label}/${rangeName}`) };
      this.all.push(parameter);
      return { firstRow, endRow, parameter };
    });
    return { ...matrix, ranges: made };
  }
}

/** Tensors one below the other: the shape of the whole and where each part begins. Published the other way round, they are turned first. */
function stack(names: readonly string[], shapes: ReadonlyMap<string, readonly number[]>, transposed = false): Stacked {
  let offset = 0;
  let rows = 0;
  const parts = names.map((name): ParameterPart => {
    const published = shapes.get(name);
    if (!published) throw new DataError(`model: expected a shape for ${name}, got none.`);
    const shape = transposed ? published.toReversed() : published;
    const part = { name, offset, shape, ...(transposed && { transposed }) };
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
  if (parts.length === 1) return readPart(parts[0]!, source);
  const whole = new Float32Array(elementsOf(shape));
  for (const part of parts) whole.set(await readPart(part, source), part.offset);
  return whole;
}

/** GGUF's blocks of a part: as the file has them, or made from its numbers. */
async function blocksOf(part: ParameterPart, format: BlockFormat, source: Weights): Promise<Uint8Array> {
  const type = BLOCK_TYPES[format];
  if (source.tensors.get(part.name)?.dtype === type) {
    const blocks = await source.readBytes(part.name, part.from ?? 0, elementsOf(part.shape));
    checkBlockScales(blocks, format, `${source.name}: ${part.name}`);
    return blocks;
  }
  if (type === 'Q4_1') throw new DataError(`${source.name}: ${part.name}: expected blocks of Q4_1, got none. Choose another model.dtype.`);
  return quantise(await readPart(part, source), type);
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
  format: WeightFormat = 'f32',
): AsyncGenerator<PublishedTensor> {
  // Rows of one tensor may be spread over parameters that follow each other.
  const pending: StoredTensor[] = [];
  for (const parameter of all) {
    const whole = await numbersOf(device, parameter, tensorFor(parameter), format);
    for (const { name, offset, shape, transposed = false } of parameter.parts) {
      const part: StoredTensor = { name, shape, data: whole.slice(offset, offset + elementsOf(shape)), transposed };
      const before = pending.pop();
      if (before && before.name !== name) yield asPublished(before);
      pending.push(before?.name === name ? joinedRows(before, part) : part);
    }
  }
  yield* pending.map(asPublished);
}

interface StoredTensor extends PublishedTensor {
  readonly transposed: boolean;
}

function asPublished({ name, shape, data, transposed }: StoredTensor): PublishedTensor {
  if (!transposed) return { name, shape, data };
  const [outputs = 0, inputs = 0] = shape;
  return { name, shape: [inputs, outputs], data: turned(data, inputs, outputs, 0) };
}

/** What a tensor shaped like a parameter holds, the parameter's own or one of another format; packed numbers are widened. */
async function numbersOf(device: Device, { shape, weights, format: own }: Parameter, tensor: Tensor, others: WeightFormat): Promise<Float32Array> {
  const held = await device.read(tensor);
  const format = tensor === weights ? own : others;
  if (format === 'f32') return Float32Array.from(held);
  return Float32Array.from({ length: elementsOf(shape) }, (_, i) => weightOf(format, held, i));
}

function joinedRows(first: StoredTensor, second: StoredTensor): StoredTensor {
  const data = new Float32Array(first.data.length + second.data.length);
  data.set(first.data);
  data.set(second.data, first.data.length);
  return { ...first, shape: [first.shape[0]! + second.shape[0]!, ...first.shape.slice(1)], data };
}

/** Reads tensors shaped like the parameters back as published tensors, all at once. */
export async function readParts(
  device: Device,
  parameters: Pick<Parameters, 'all'>,
  tensorFor?: (parameter: Parameter) => Tensor,
  format?: WeightFormat,
): Promise<Map<string, { readonly shape: readonly number[]; readonly data: Float32Array }>> {
  const parts = new Map<string, { readonly shape: readonly number[]; readonly data: Float32Array }>();
  for await (const { name, shape, data } of publishedTensors(device, parameters, tensorFor, format)) parts.set(name, { shape, data });
  return parts;
}
