/** The LM head with the whole [predictions, vocabulary] table, in float64: what the tiled one must equal. */

import type { PackedBatch } from '../../src/model/packing.ts';

export interface DenseHeadInput {
  readonly packed: PackedBatch;
  readonly width: number;
  readonly vocabulary: number;
  readonly temperature: number;
  readonly normEps: number;
  /** [rows, width] */
  readonly stream: ArrayLike<number>;
  /** [width] and [vocabulary, width] */
  readonly normWeight: ArrayLike<number>;
  readonly head: ArrayLike<number>;
  /** By slot. */
  readonly byLogProb: ArrayLike<number>;
  readonly byEntropy: ArrayLike<number>;
}

export interface DenseHeadOutput {
  /** By prediction. */
  readonly logProbs: Float64Array;
  readonly entropies: Float64Array;
  readonly dStream: Float64Array;
  readonly dNormWeight: Float64Array;
  readonly dHead: Float64Array;
}

export function denseHead(input: DenseHeadInput): DenseHeadOutput {
  const { packed, width, vocabulary, stream, head } = input;
  const count = packed.targets.length;
  const out: DenseHeadOutput = {
    logProbs: new Float64Array(count),
    entropies: new Float64Array(count),
    dStream: new Float64Array(stream.length),
    dNormWeight: new Float64Array(width),
    dHead: new Float64Array(head.length),
  };
  for (let j = 0; j < count; j++) {
    const { hidden, inverseRms, normed } = normedRow(input, packed.headRows[j]!);
    const logits = Float64Array.from({ length: vocabulary }, (_, v) => dot(head, v * width, normed));
    const dLogits = statistics(input, out, j, logits);
    const dNormed = new Float64Array(width);
    dLogits.forEach((slope, v) => {
      for (let c = 0; c < width; c++) {
        dNormed[c]! += slope * head[v * width + c]!;
        out.dHead[v * width + c]! += slope * normed[c]!;
      }
    });
    backThroughNorm(input, out, packed.headRows[j]!, hidden, inverseRms, dNormed);
  }
  return out;
}

function normedRow({ width, stream, normWeight, normEps }: DenseHeadInput, row: number) {
  const hidden = Float64Array.from({ length: width }, (_, c) => stream[row * width + c]!);
  const inverseRms = 1 / Math.sqrt(hidden.reduce((sum, x) => sum + x * x, 0) / width + normEps);
  return { hidden, inverseRms, normed: hidden.map((x, c) => x * inverseRms * normWeight[c]!) };
}

/** Writes log-prob and entropy of a prediction; returns the gradient of its logits. */
function statistics({ packed, temperature, byLogProb, byEntropy }: DenseHeadInput, out: DenseHeadOutput, j: number, logits: Float64Array): Float64Array {
  const scaled = logits.map((x) => x / temperature);
  const highest = scaled.reduce((most, x) => Math.max(most, x));
  const logSum = highest + Math.log(scaled.reduce((sum, x) => sum + Math.exp(x - highest), 0));
  const entropy = scaled.reduce((sum, x) => sum - Math.exp(x - logSum) * (x - logSum), 0);
  const target = packed.targets[j]!;
  out.logProbs[j] = scaled[target]! - logSum;
  out.entropies[j] = entropy;
  const slot = packed.slots[j]!;
  return scaled.map((x, v) => {
    const p = Math.exp(x - logSum);
    return (byLogProb[slot]! * ((v === target ? 1 : 0) - p) - byEntropy[slot]! * p * (x - logSum + entropy)) / temperature;
  });
}

function backThroughNorm(
  { width, normWeight }: DenseHeadInput,
  out: DenseHeadOutput,
  row: number,
  hidden: Float64Array,
  inverseRms: number,
  dNormed: Float64Array,
): void {
  const weighted = dNormed.map((slope, c) => slope * normWeight[c]!);
  const mean = weighted.reduce((sum, slope, c) => sum + slope * hidden[c]!, 0) / width;
  for (let c = 0; c < width; c++) {
    out.dNormWeight[c]! += dNormed[c]! * hidden[c]! * inverseRms;
    out.dStream[row * width + c]! += inverseRms * (weighted[c]! - hidden[c]! * mean * inverseRms * inverseRms);
  }
}

function dot(matrix: ArrayLike<number>, at: number, vector: Float64Array): number {
  return vector.reduce((sum, x, c) => sum + x * matrix[at + c]!, 0);
}
