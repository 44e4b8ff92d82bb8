/** Published tensors as parameters hold them: whole or some rows, and turned where a family publishes its matrices [inputs, outputs]. */

import { DataError } from '../base/errors.ts';
import { elementsOf } from '../gpu/tensor.ts';
import type { ParameterPart } from './parameter.ts';
import type { Weights } from './weights.ts';

/**
 * Reads what of a published tensor lies in a parameter, in the order in which it is stored there.
 *
 * @throws DataError if its size is not the expected one, or a number is not finite
 */
export async function readPart(part: ParameterPart, source: Pick<Weights, 'name' | 'read'>): Promise<Float32Array> {
  const { name, shape, from } = part;
  const count = elementsOf(shape);
  const values = part.transposed
    ? rowsOfTurned(part, await source.read(name))
    : from === undefined
      ? await source.read(name)
      : await source.read(name, from, count);
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

/** The part's rows of a whole published tensor [inputs, outputs]. */
function rowsOfTurned({ shape, from = 0 }: ParameterPart, published: Float32Array): Float32Array {
  const [rows = 0, inputs = 0] = shape;
  // Of another size: whoever asked says so.
  if (published.length % inputs !== 0 || from + rows * inputs > published.length) return published;
  return turned(published, rows, inputs, from / inputs);
}

/** Rows [first, first + rows) of the transpose of a matrix that has `inner` rows. */
export function turned(values: Float32Array, rows: number, inner: number, first: number): Float32Array {
  const columns = values.length / inner;
  const out = new Float32Array(rows * inner);
  for (let row = 0; row < rows; row++) for (let i = 0; i < inner; i++) out[row * inner + i] = values[i * columns + first + row]!;
  return out;
}
