/** Every preset trains the policy that is embedded, acts in nearly every step, and ends elsewhere than plain GRPO. */

import { describe, expect, it } from 'vitest';
import { actedShare } from '../../scripts/compare/variants.ts';
import { memoryStore, type MetricsRow, trainRecipe } from '../../src/node.ts';
import { type PresetName, presetNames } from '../../src/recipe/presets.ts';
import { PRESET_RUNS } from './preset-runs.ts';

const RECIPE = 'examples/recipes/make-the-number.yaml';
const STEPS = 30;
/** The recipe takes four updates of each rollout. */
const UPDATES = 4;

interface Trained {
  readonly rows: readonly MetricsRow[];
  readonly weights: Float32Array;
}

async function trained(name: PresetName): Promise<Trained> {
  const rows: MetricsRow[] = [];
  const store = memoryStore();
  await trainRecipe(RECIPE, {
    overrides: [
      ...[`algorithm.name=${name}`, `steps=${STEPS}`, `adapter=${process.env['ENTRAIN_TEST_ADAPTER'] ?? 'auto'}`],
      ...['eval.data=null', 'ref.measure_kl=false', `checkpoint.every=${STEPS}`, 'checkpoint.keep_best=null'],
      ...(PRESET_RUNS[name].overrides ?? []),
    ],
    store,
    observer: { step: (row) => void rows.push(row) },
  });
  return { rows, weights: weightsIn(await store.read(`checkpoints/step_${STEPS}/model.safetensors`)) };
}

/** All weights of a checkpoint as they lie in its file: f32 after the header, whose length the first 8 bytes hold. */
function weightsIn(file: Uint8Array): Float32Array {
  const start = 8 + Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  return new Float32Array(file.slice(start).buffer);
}

/** |a − b| / |b| */
function distance(a: Float32Array, b: Float32Array): number {
  let [difference, size] = [0, 0];
  b.forEach((value, i) => {
    difference += (a[i]! - value) ** 2;
    size += value ** 2;
  });
  return Math.sqrt(difference / size);
}

let grpo: Promise<Trained> | undefined;

describe.each(presetNames.map((name) => ({ name })))('preset $name', ({ name }) => {
  it(`trains for ${STEPS} steps, acts, and is no other name for GRPO`, { timeout: 600_000 }, async () => {
    const base = await (grpo ??= trained('grpo'));
    const { rows, weights } = name === 'grpo' ? base : await trained(name);
    expect(rows.map(({ step }) => step)).toEqual(Array.from({ length: STEPS }, (_, i) => i + 1));
    expect(rows.every((row) => row['updates/count'] === UPDATES && row['updates/skipped'] === 0 && Number.isFinite(row['loss']))).toBe(true);
    const acted = actedShare(PRESET_RUNS[name], rows)!;
    const far = distance(weights, base.weights);
    console.log(`${name}: ${PRESET_RUNS[name].actuator} in ${Math.round(100 * acted)} % of steps, weights ${far.toPrecision(2)} from GRPO's`);
    expect(acted).toBeGreaterThanOrEqual(0.8);
    if (name !== 'grpo') expect(far).toBeGreaterThan(1e-3);
  });
});
