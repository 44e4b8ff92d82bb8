/** What a run will take on the device, by building it on a device that only counts. */

import { RecipeError } from '../base/errors.ts';
import { PlanningDevice } from '../gpu/planning-device.ts';
import type { DeviceTraits } from '../gpu/traits.ts';
import { STATE_ROW } from '../kernels/sampling.ts';
import { WEIGHT_DTYPES } from '../model/weight-dtype.ts';
import { buildRun } from './build.ts';
import { type Recipe, recipeFrom, recipeSchema } from './recipe.ts';
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

/** What a run would take with other settings. */
export interface PlannedChange {
  /** As one writes it behind the command. */
  readonly change: string;
  /** Of the weights alone, and of everything. */
  readonly weights: number;
  readonly total: number;
}

interface Change {
  readonly change: string;
  readonly of: (recipe: Recipe) => Recipe;
}

/** Tokens at a time that are tried; fewer than the longest prompt and completion take are refused, and left out. */
const MICRO_TOKENS = [4096, 2048, 1024, 512];

/** A change is worth a line when it saves a hundredth. */
const WORTH = 0.99;

/** The settings that would save bytes, each planned as a run of its own; last the greatest saving of each kind together. */
export async function planChanges(
  recipe: Recipe,
  servicesOn: (device: PlanningDevice) => BuildServices,
  traits: DeviceTraits,
): Promise<readonly PlannedChange[]> {
  const total = sumOf(await planBytes(recipe, servicesOn, traits));
  const planned = async ({ change, of }: Change): Promise<PlannedChange | null> => {
    const parts = await planBytes(of(recipe), servicesOn, traits).catch((error: unknown) => {
      if (error instanceof RecipeError) return null;
      throw error;
    });
    return parts && { change, weights: parts.find(({ part }) => part === 'weights')?.bytes ?? 0, total: sumOf(parts) };
  };
  const savings: PlannedChange[] = [];
  const greatest: Change[] = [];
  for (const choices of changesOf(recipe)) {
    let least = total;
    for (const choice of choices) {
      const saving = await planned(choice);
      if (!saving || saving.total > WORTH * total) continue;
      savings.push(saving);
      if (saving.total >= least) continue;
      if (least < total) greatest.pop();
      greatest.push(choice);
      least = saving.total;
    }
  }
  return [...savings, ...(await together(greatest, planned))];
}

/** The changes one on top of the other, but those that save little where the others are made. */
async function together(changes: readonly Change[], plannedWith: (change: Change) => Promise<PlannedChange | null>): Promise<PlannedChange[]> {
  let [made, best]: [Change[], PlannedChange | null] = [[], null];
  for (const change of changes) {
    const more = [...made, change];
    const tried = await plannedWith({ change: more.map((one) => one.change).join(' '), of: (base) => more.reduce((changed, { of }) => of(changed), base) });
    if (tried && tried.total < WORTH * (best?.total ?? Infinity)) [made, best] = [more, tried];
  }
  return best && made.length > 1 ? [best] : [];
}

/** Changes by kind. A model held in less than f32 is frozen: an adapter is trained on it. */
function changesOf({ lora }: Recipe): Change[][] {
  const adapter = lora ?? recipeFrom(recipeSchema.parse({ lora: {} })).lora;
  const adapted = lora === null ? ' lora={}' : '';
  const kept = { change: 'lora={}', of: (recipe: Recipe) => ({ ...recipe, lora: adapter }) };
  const held = WEIGHT_DTYPES.filter((dtype) => dtype !== 'f32').map((dtype) => ({
    change: `model.dtype=${dtype}${adapted}`,
    of: (recipe: Recipe) => ({ ...recipe, lora: adapter, model: { ...recipe.model, dtype } }),
  }));
  const smaller = MICRO_TOKENS.map((microTokens) => ({
    change: `batch.micro_tokens=${microTokens}`,
    of: (recipe: Recipe) => ({ ...recipe, batch: { ...recipe.batch, microTokens } }),
  }));
  return [
    lora === null ? [kept, ...held] : held,
    [{ change: 'model.gradient_checkpointing=true', of: (recipe) => ({ ...recipe, model: { ...recipe.model, gradientCheckpointing: true } }) }],
    smaller,
    [{ change: 'optim.moments=bf16', of: (recipe) => ({ ...recipe, optim: { ...recipe.optim, moments: 'bf16' as const } }) }],
    [{ change: 'ref.measure_kl=false', of: (recipe) => ({ ...recipe, ref: { ...recipe.ref, measureKl: false } }) }],
  ];
}

function sumOf(parts: readonly PlannedPart[]): number {
  return parts.reduce((sum, { bytes }) => sum + bytes, 0);
}
