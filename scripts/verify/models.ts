/**
 * Checks the engine against model folders that hold inputs and expected outputs of another implementation:
 * logits, hidden states, log-probs, entropies, loss, every gradient, the optimizer, several steps, greedy tokens.
 */

import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { TrainerError } from '../../src/base/errors.ts';
import type { Device } from '../../src/gpu/device.ts';
import { parseAdapterConfig } from '../../src/model/peft.ts';
import { openFile, openModelFolder } from '../../src/model/weights-node.ts';
import { openWeights, type Weights } from '../../src/model/weights.ts';
import { checkBlocks, checkGgufFolder, type GgufMeta, requiredOf } from './gguf-checks.ts';
import { checkForward, checkGeneration, checkTraining, type ModelCase } from './model-checks.ts';
import { checkRealModel, REAL_QUANTITIES, type RealMeta } from './real-model-checks.ts';
import { Tally } from './tally.ts';

/** Quantities without which a folder does not count as covered. */
const REQUIRED = [
  'logits',
  'hidden',
  'log_probs',
  'entropies',
  'loss',
  'gradients',
  'grad_norm',
  'adamw from stored gradients',
  'after_adamw, firm',
  'after_adamw, other',
  'train_loss',
  'train_grad_norm',
  'greedy tokens',
  'greedy log_probs',
  'stopped tokens',
  'stopped lengths',
];

/** Kinds of folder that nothing here can compute; they are named and passed over. */
const SKIPPED: ReadonlyMap<string, string> = new Map([['vlm', 'a vision-language model']]);

/** @returns whether every folder that can be checked was covered and within tolerance */
export async function verifyModels(folders: readonly string[], device: Device, print: (line: string) => void): Promise<boolean> {
  const results: (boolean | 'skipped')[] = [];
  for (const folder of folders) results.push(await verifyFolder(folder, device, print));
  const checked = results.filter((result) => result !== 'skipped');
  const good = checked.filter(Boolean).length;
  print(`${good} of ${checked.length} folders within tolerance on ${device.name}`);
  return checked.length > 0 && good === checked.length;
}

async function verifyFolder(folder: string, device: Device, print: (line: string) => void): Promise<boolean | 'skipped'> {
  const tally = new Tally();
  try {
    const required = await check(folder, device, tally);
    if (typeof required === 'string') {
      print(`${folder}: skipped: ${required}`);
      return 'skipped';
    }
    return report(folder, device, tally, required, print);
  } catch (error) {
    if (!(error instanceof TrainerError)) throw error;
    print(`${folder}: not covered: ${error.message}`);
    return false;
  }
}

/** Compares what the folder (or file of blocks) has. Returns the quantities that it must have, or why it cannot be checked. */
async function check(folder: string, device: Device, tally: Tally): Promise<readonly string[] | string> {
  if (folder.endsWith('.safetensors')) {
    await checkBlocks(await openWeights(await openFile(folder)), tally);
    return [];
  }
  const foreign = await foreignTo(folder);
  if (foreign !== null) return foreign;
  const meta = await readMeta(folder);
  const skipped = SKIPPED.get(meta.kind);
  if (skipped !== undefined) return `${skipped} (${meta.kind}) is not checked here`;
  if (meta.kind === 'gguf') {
    await checkGgufFolder(
      folder,
      meta.raw as GgufMeta,
      await openWeights(await openFile(join(folder, 'io.safetensors'))),
      tolerancesOf(meta.raw, folder),
      device,
      tally,
    );
    return requiredOf(meta.raw as GgufMeta);
  }
  if (meta.kind === 'real') {
    await checkRealModel(folder, { ...(meta.raw as RealMeta), tolerances: tolerancesOf(meta.raw, folder) }, device, tally);
    return REAL_QUANTITIES;
  }
  const model = await readCase(folder);
  await checkForward(model, device, tally);
  await checkTraining(model, device, tally);
  await checkGeneration(model, device, tally);
  return REQUIRED;
}

/** Why a path that exists is no fixture of a model; null for one that is, or that does not exist. */
async function foreignTo(path: string): Promise<string | null> {
  const found = await stat(path).catch(() => null);
  if (found === null || existsSync(join(path, 'meta.json'))) return null;
  return found.isDirectory() ? 'a folder without meta.json is no fixture of a model' : 'a file of this kind is not checked here';
}

function report(folder: string, device: Device, tally: Tally, required: readonly string[], print: (line: string) => void): boolean {
  const missing = required.filter((quantity) => !tally.comparisons.has(quantity));
  print(`${folder}: ${tally.comparisons.size} quantities, ${tally.values} values compared on ${device.name}`);
  for (const { quantity, compared, worst, where, allowed } of tally.comparisons.values()) {
    const verdict = worst <= 1 && compared > 0 ? 'ok  ' : 'MISS';
    print(
      `  ${verdict} ${quantity.padEnd(28)} ${String(compared).padStart(7)} values  worst ${(worst * 100).toFixed(2).padStart(7)} % of ${allowed}${worst > 0 ? `  at ${where}` : ''}`,
    );
  }
  for (const quantity of missing) print(`  not covered: ${quantity}`);
  return tally.misses.length === 0 && missing.length === 0;
}

async function readMeta(folder: string): Promise<{ readonly kind: string; readonly raw: object }> {
  const file = join(folder, 'meta.json');
  if (!existsSync(file))
    throw new TrainerError(`${file}: expected a fixture, got no such file. Point at a folder with config.json, weights, meta.json and io.safetensors.`);
  const raw: unknown = JSON.parse(await readFile(file, 'utf8'));
  if (typeof raw !== 'object' || raw === null) throw new TrainerError(`${file}: expected an object, got ${JSON.stringify(raw)}.`);
  return { kind: 'kind' in raw ? String(raw.kind) : '', raw };
}

async function readCase(folder: string): Promise<ModelCase> {
  const io = join(folder, 'io.safetensors');
  if (!existsSync(io))
    throw new TrainerError(`${io}: expected a fixture, got no such file. Point at a folder with config.json, weights, meta.json and io.safetensors.`);
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
