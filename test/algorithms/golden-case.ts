/** Single golden cases, for tests that hold the whole pipeline against them. */

import { type FixtureCase, readFixtureFile } from '../../scripts/verify/fixture.ts';
import { createAlgorithm } from '../../src/algorithms/index.ts';
import type { MethodOptions } from '../../src/algorithms/methods.ts';
import type { MiniBatch } from '../../src/algorithms/algorithm.ts';
import type { AlgorithmOptions } from '../../src/algorithms/options.ts';
import { Random } from '../../src/base/random.ts';
import { ReferenceDevice } from '../../src/gpu/reference-device.ts';
import { type Fixture, trainingBatchOf } from './fixture-batch.ts';

type Options = Partial<AlgorithmOptions> & MethodOptions;

export async function goldenCase(family: string, id: string): Promise<FixtureCase> {
  const { cases } = await readFixtureFile(new URL(`../golden/algorithms/${family}.json`, import.meta.url).pathname);
  const found = cases.find((one) => one.id === id);
  if (!found) throw new Error(`${family}.json: expected a case ${id}, got none.`);
  return found;
}

export interface Said {
  readonly loss: number;
  readonly slopeLogp: number[][];
  readonly slopeEntropy: number[][];
  readonly metrics: Record<string, number>;
}

/** What an algorithm says of a fixture's rows in one update: advantages, then slopes; `change` may replace parts of the mini-batch. */
export async function sayOf(options: Options, f: Fixture, change: (batch: MiniBatch) => Partial<MiniBatch> = () => ({})): Promise<Said> {
  const device = new ReferenceDevice();
  const algorithm = createAlgorithm(options);
  const batch = trainingBatchOf(device, f, algorithm);
  const update = algorithm.update({ ...batch, ...change(batch) }, Random.seeded(3));
  const rows = (flat: ArrayLike<number>): number[][] => Array.from({ length: f.B }, (_, b) => Array.from({ length: f.T }, (__, t) => flat[b * f.T + t]!));
  const [byLogProb, byEntropy] = [rows(await device.read(update.byLogProb)), rows(await device.read(update.byEntropy))];
  const metrics = await update.readMetrics();
  return { loss: metrics['loss']!, slopeLogp: byLogProb, slopeEntropy: byEntropy, metrics };
}

/** The largest distance between two tables of the same shape. */
export function distance(got: readonly (readonly number[])[], expected: unknown): number {
  const wanted = expected as readonly (readonly number[])[];
  return Math.max(...got.flatMap((row, b) => row.map((value, t) => Math.abs(value - wanted[b]![t]!))));
}
