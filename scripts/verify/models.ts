/**
 * Checks the engine against model folders that hold inputs and expected outputs of another implementation:
 * logits, hidden states, log-probs, entropies, loss, every gradient, the optimizer, several steps, greedy tokens.
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { TrainerError } from '../../src/base/errors.ts';
import type { Device } from '../../src/gpu/device.ts';
import { parseAdapterConfig } from '../../src/model/peft.ts';
import { openFile, openModelFolder } from '../../src/model/weights-node.ts';
import { openWeights, type Weights } from '../../src/model/weights.ts';
import { readFile } from 'node:fs/promises';
import { checkForward, checkGeneration, checkTraining, type ModelCase } from './model-checks.ts';
import { Tally } from './tally.ts';

/** Quantities without which a folder does not count as covered. */
const REQUIRED = ['logits', 'hidden', 'log_probs', 'entropies', 'loss', 'gradients', 'grad_norm', 'adamw from stored gradients', 'after_adamw, firm', 'after_adamw, other', 'train_loss', 'train_grad_norm', 'greedy tokens', 'greedy log_probs', 'stopped tokens', 'stopped lengths'];

/** @returns whether every folder was covered and within tolerance */
export async function verifyModels(folders: readonly string[], device: Device, print: (line: string) => void): Promise<boolean> {
  let good = 0;
  for (const folder of folders) {
    if (await verifyFolder(folder, device, print)) good++;
  }
  print(`${good} of ${folders.length} folders within tolerance on ${device.name}`);
  return good === folders.length;
}

async function verifyFolder(folder: string, device: Device, print: (line: string) => void): Promise<boolean> {
  const tally = new Tally();
  try {
    const model = await readCase(folder);
    await checkForward(model, device, tally);
    await checkTraining(model, device, tally);
    await checkGeneration(model, device, tally);
  } catch (error) {
    if (!(error instanceof TrainerError)) throw error;
    print(`${folder}: not covered: ${error.message}`);
    return false;
  }
  const missing = REQUIRED.filter((quantity) => !tally.comparisons.has(quantity));
  print(`${folder}: ${tally.comparisons.size} quantities, ${tally.values} values compared on ${device.name}`);
  for (const { quantity, compared, worst, where, allowed } of tally.comparisons.values()) {
    const verdict = worst <= 1 && compared > 0 ? 'ok  ' : 'MISS';
    print(`  ${verdict} ${quantity.padEnd(28)} ${String(compared).padStart(7)} values  worst ${(worst * 100).toFixed(2).padStart(7)} % of ${allowed}${worst > 0 ? `  at ${where}` : ''}`);
  }
  for (const quantity of missing) print(`  not covered: ${quantity}`);
  return tally.misses.length === 0 && missing.length === 0;
}

async function readCase(folder: string): Promise<ModelCase> {
  const io = join(folder, 'io.safetensors');
  if (!existsSync(io)) throw new TrainerError(`${io}: expected a fixture, got no such file. Point at a folder with config.json, weights, meta.json and io.safetensors.`);
  const { config, weights } = await openModelFolder(folder);
  const expected: Weights = await openWeights(await openFile(io));
  const meta: unknown = JSON.parse(await readFile(join(folder, 'meta.json'), 'utf8'));
  return { folder, config, weights, io: expected, tolerances: tolerancesOf(meta, folder), adapter: await readAdapter(folder) };
}

async function readAdapter(folder: string): Promise<ModelCase['adapter']> {
  const file = join(folder, 'adapter', 'adapter_config.json');
  if (!existsSync(file)) return null;
  const options = parseAdapterConfig(JSON.parse(await readFile(file, 'utf8')), file);
  return { options, weights: await openWeights(await openFile(join(folder, 'adapter', 'adapter_model.safetensors'))) };
}

function tolerancesOf(meta: unknown, folder: string): Record<string, number> {
  const tolerances = typeof meta === 'object' && meta !== null && 'tolerances' in meta ? meta.tolerances : null;
  if (typeof tolerances !== 'object' || tolerances === null) throw new TrainerError(`${folder}/meta.json: expected "tolerances", got none.`);
  return Object.fromEntries(Object.entries(tolerances).map(([name, value]) => [name, Number(value)]));
}
