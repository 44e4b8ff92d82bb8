/**
 * LoRA: a low-rank correction of chosen matrices, trained while the rest stays frozen.
 *
 *   y = x · Wᵀ + scale · (x · Aᵀ) · Bᵀ        scale = alpha / rank, or alpha / √rank (rsLoRA)
 *
 * A [rank, inputs] is drawn, B [outputs, rank] begins at zero, so step 0 is the base model. The corrections of matrices that are stored as
 * one (q, k and v) share their input: their A are stacked and cost one product.
 *
 * @source Hu et al. 2021, arXiv:2106.09685; Kalajdzievski 2023, arXiv:2312.03732; names as PEFT writes them
 */

import { DataError } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import type { Device } from '../gpu/device.ts';
import { elementsOf } from '../gpu/tensor.ts';
import { matrix } from '../kernels/matmul.ts';
import { scale } from '../kernels/scale.ts';
import type { LayerParameters, Parameter, Parameters } from './parameters.ts';
import { addToRows } from './weight-matrix.ts';

export interface LoraOptions {
  readonly rank: number;
  readonly alpha: number;
  readonly rslora: boolean;
  /** Share of a correction's inputs that is dropped in the passes it is trained by; 0 by default. */
  readonly dropout?: number;
  /** Names of projections (`q_proj`, `down_proj`, …; in GPT-2 `c_attn`, `c_proj`, `c_fc`), or `all-linear` for every one. */
  readonly targets: readonly string[];
}

/** The targets that mean every projection of a block, whatever they are called. */
export const ALL_LINEAR: readonly string[] = ['all-linear'];

/** The stored matrices of a block that a correction can join. */
export const LINEAR_NAMES = ['qkv', 'attentionOut', 'gateUp', 'down'] as const;
export type LinearName = (typeof LINEAR_NAMES)[number];

/** The correction of one stored matrix. */
export interface MatrixAdapter {
  readonly rank: number;
  readonly scale: number;
  /** [pieces · rank, inputs] */
  readonly a: Parameter;
  /** [outputs of all pieces, rank] */
  readonly b: Parameter;
  /** The corrected parts of the matrix, in order: where their outputs lie in the matrix's row, and in `b`. */
  readonly pieces: readonly { readonly outputOffset: number; readonly outputs: number; readonly bRow: number }[];
}

export type LayerAdapters = Readonly<Record<LinearName, MatrixAdapter | null>>;

export interface LoraAdapter {
  /** As they were given, with the targets by name. */
  readonly options: LoraOptions;
  /** The base's matrices are published [in, out]: PEFT's `fan_in_fan_out`. */
  readonly fanInFanOut: boolean;
  readonly layers: readonly LayerAdapters[];
  /** Every adapter parameter once, in a fixed order. */
  readonly all: readonly Parameter[];
}

/**
 * Allocates adapters for the targeted projections, all zero.
 *
 * @throws DataError if a target names no projection
 */
export function createLora(device: Device, parameters: Parameters, given: LoraOptions): LoraAdapter {
  const known = projectionsOf(parameters);
  const targets = given.targets.join() === ALL_LINEAR.join() ? known : given.targets;
  const unknown = targets.find((target) => !known.includes(target));
  if (unknown !== undefined) throw new DataError(`lora: expected target modules out of ${known.join(', ')}, got ${unknown}.`);
  const options = { ...given, targets };
  const all: Parameter[] = [];
  const layers = parameters.layers.map((layer) => {
    const adapterOf = (name: LinearName) => {
      const adapter = createMatrixAdapter(device, layer[name], options);
      if (adapter) all.push(adapter.a, adapter.b);
      return adapter;
    };
    return { qkv: adapterOf('qkv'), attentionOut: adapterOf('attentionOut'), gateUp: adapterOf('gateUp'), down: adapterOf('down') };
  });
  const fanInFanOut = parameters.layers[0]?.qkv.ranges[0]?.parameter.parts[0]?.transposed ?? false;
  return { options, fanInFanOut, layers, all };
}

/** The names of a block's projections, each once. */
function projectionsOf({ layers: [layer] }: Parameters): readonly string[] {
  if (!layer) return [];
  const names = LINEAR_NAMES.flatMap((linear) => layer[linear].parts.map(({ name }) => name.split('.').at(-2)!));
  return [...new Set(names)];
}

function createMatrixAdapter(device: Device, matrix: LayerParameters[LinearName], { rank, alpha, rslora, targets }: LoraOptions): MatrixAdapter | null {
  const chosen = matrix.parts.filter(({ name }) => targets.some((target) => name.endsWith(`.${target}.weight`)));
  if (chosen.length === 0) return null;
  const inputs = matrix.shape[1];
  const peftName = (name: string, letter: 'A' | 'B') => `base_model.model.${name.replace(/\.weight$/, '')}.lora_${letter}.weight`;
  let rows = 0;
  const pieces = chosen.map(({ firstRow, rows: outputs }) => {
    const piece = { outputOffset: firstRow, outputs, bRow: rows };
    rows += piece.outputs;
    return piece;
  });
  const make = (letter: 'A' | 'B', shape: readonly number[], parts: Parameter['parts']): Parameter => {
    const name = `${matrix.name}.lora${letter}`;
    return { name, shape, parts, format: 'f32', weights: device.create('f32', shape, `adapter/${name}`) };
  };
  return {
    rank,
    scale: alpha / (rslora ? Math.sqrt(rank) : rank),
    pieces,
    a: make(
      'A',
      [chosen.length * rank, inputs],
      chosen.map(({ name }, i) => ({ name: peftName(name, 'A'), offset: i * rank * inputs, shape: [rank, inputs] })),
    ),
    b: make(
      'B',
      [rows, rank],
      chosen.map(({ name }, i) => ({ name: peftName(name, 'B'), offset: pieces[i]!.bRow * rank, shape: [pieces[i]!.outputs, rank] })),
    ),
  };
}

/** Adds the corrections to the matrices themselves: afterwards the model alone says what model and adapter said. */
export function mergeLora(device: Device, parameters: Parameters, adapter: LoraAdapter): void {
  parameters.layers.forEach((layer, index) => {
    for (const name of LINEAR_NAMES) {
      const correction = adapter.layers[index]![name];
      if (!correction) continue;
      const { a, b, rank, pieces } = correction;
      const inputs = a.shape[1]!;
      const scaled = device.create('f32', a.shape, 'adapter/scaled');
      device.copy(a.weights, scaled);
      scale(device, scaled, scaled.length, correction.scale);
      pieces.forEach(({ outputOffset, outputs, bRow }, piece) => {
        const product = { a: matrix(b.weights, rank, bRow * rank), b: matrix(scaled, inputs, piece * rank * inputs), inner: rank };
        addToRows(device, layer[name], [outputOffset, outputOffset + outputs], product);
      });
      device.destroy(scaled);
    }
  });
}

/** Draws every A uniformly in ± 1 / √inputs (Kaiming's uniform with a = √5, as PEFT) and sets every B to zero. */
export function initialiseLora(device: Device, { layers }: LoraAdapter, random: Random): void {
  for (const adapter of layers.flatMap((layer) => LINEAR_NAMES.map((name) => layer[name]))) {
    if (!adapter) continue;
    const draws = random.fork(adapter.a.name);
    const bound = 1 / Math.sqrt(adapter.a.shape[1]!);
    device.upload(
      adapter.a.weights,
      Float32Array.from({ length: elementsOf(adapter.a.shape) }, (_, i) => bound * (2 * draws.uniform(i) - 1)),
    );
    device.clear(adapter.b.weights);
  }
}
