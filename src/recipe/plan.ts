/** What a run will take on the device, by building it on a device that only counts. */

import { PlanningDevice } from '../gpu/planning-device.ts';
import type { DeviceTraits } from '../gpu/traits.ts';
import { STATE_ROW } from '../kernels/sampling.ts';
import { buildRun } from './build.ts';
import type { Recipe } from './recipe.ts';
import type { BuildServices } from './services.ts';

/** Bytes of one part of a run. */
export interface PlannedPart {
  readonly part: string;
  readonly bytes: number;
}

/** Bytes on the device by part, largest first. No weight is read and nothing is allocated. */
export async function planBytes(recipe: Recipe, servicesOn: (device: PlanningDevice) => BuildServices, traits: DeviceTraits): Promise<readonly PlannedPart[]> {
  const device = new PlanningDevice(traits);
  const { live, sampledRows } = await buildRun(recipe, { ...servicesOn(device), skipWeights: true }, 'plan');
  // Reads that go on side by side: a wave's tokens, log-probs, entropies and states.
  const { maxTokens } = recipe.rollout;
  for (const columns of [maxTokens, maxTokens, maxTokens, STATE_ROW]) device.countRead(sampledRows * columns);
  const largest = live.parameters.all.reduce((most, { weights }) => Math.max(most, weights.length), 0);
  if (largest > sampledRows * maxTokens) device.countRead(largest);
  return [...device.memory.byPart].map(([part, bytes]) => ({ part, bytes })).sort((a, b) => b.bytes - a.bytes);
}
