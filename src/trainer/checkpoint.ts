/**
 * Checkpoints: everything a run needs to go on bit for bit, as a folder other tools can read too.
 *
 *   checkpoints/step_50/   model.safetensors, config and tokenizer files in Hugging Face's layout; or an adapter's in PEFT's
 *                          optimizer.safetensors   moments under the parameters' names: m.<name>, v.<name>
 *                          state.json              counters, controllers, bookmarks of the append-only files
 *                          manifest.json           size and SHA-256 of each file; written last
 *   checkpoints/latest     the newest folder's name
 *
 * A folder is written beside and renamed when whole; older ones go only after that. A folder without a valid manifest is no checkpoint.
 */

import type { AlgorithmState } from '../algorithms/algorithm.ts';
import { DataError } from '../base/errors.ts';
import type { Device } from '../gpu/device.ts';
import { elementsOf } from '../gpu/tensor.ts';
import { type Parameters, loadParameters, readParts } from '../model/parameters.ts';
import { readPart } from '../model/published-part.ts';
import { type ByteSource, encodeSafetensors } from '../model/safetensors.ts';
import { packWeights } from '../model/weight-packing.ts';
import { openWeights, type Weights } from '../model/weights.ts';
import type { AdamW } from '../optim/adamw.ts';
import type { LawPoints } from './entropy-law.ts';
import type { GuardState } from './guards.ts';
import type { Bookmark } from './observer.ts';
import { type FileContent, readText, type RunStore } from './run-store.ts';
import type { Progress } from './training-run.ts';

const VERSION = 1;
const FOLDER = 'checkpoints';

/** The live parts of a run that a checkpoint holds. */
export interface Checkpointed {
  readonly device: Device;
  /** What is trained: all of a model's parameters, or an adapter's. */
  readonly parameters: Pick<Parameters, 'all'>;
  /** model.safetensors, or adapter_model.safetensors. */
  readonly weightsFile: string;
  readonly optimizer: AdamW;
  readonly progress: Progress;
  /** Files that make the folder a model other tools load: config.json, tokenizer.json, … */
  readonly sideFiles: ReadonlyMap<string, Uint8Array>;
}

/** What a checkpoint keeps besides weights and moments. */
export interface CheckpointState {
  readonly version: number;
  readonly progress: Progress;
  readonly optimizerStep: number;
  readonly algorithm: AlgorithmState;
  readonly bookmark: Bookmark;
  /** The best value of `checkpoint.keep_best` so far, and the step that had it. */
  readonly best: { readonly value: number; readonly step: number } | null;
  /** Absent in checkpoints of an earlier version of Entrain. */
  readonly guards?: GuardState;
  readonly law?: LawPoints;
  readonly device: string;
  readonly recipeHash: string;
}

interface Manifest {
  readonly version: number;
  readonly step: number;
  readonly files: Readonly<Record<string, { readonly bytes: number; readonly sha256: string }>>;
}

/** Writes `checkpoints/step_N` whole or not at all, and points `latest` at it. */
export async function saveCheckpoint(
  store: RunStore,
  live: Checkpointed,
  state: Omit<CheckpointState, 'version' | 'progress' | 'optimizerStep'>,
): Promise<string> {
  const { device, parameters, optimizer, progress } = live;
  const name = `step_${progress.step}`;
  const temporary = `${FOLDER}/.tmp-${name}`;
  const moments = async (kind: 'm' | 'v') =>
    await readParts(device, parameters, (parameter) => optimizer.moments.get(parameter.name)![kind], optimizer.momentFormat);
  const optimizerTensors = new Map([...prefixed('m', await moments('m')), ...prefixed('v', await moments('v'))]);
  const complete: CheckpointState = { version: VERSION, progress: { ...progress }, optimizerStep: optimizer.step, ...state };
  const files = new Map<string, Uint8Array>([
    ...live.sideFiles,
    [live.weightsFile, joined(encodeSafetensors(await readParts(device, parameters), { format: 'pt' }))],
    ['optimizer.safetensors', joined(encodeSafetensors(optimizerTensors))],
    ['state.json', new TextEncoder().encode(`${JSON.stringify(complete, null, 2)}\n`)],
  ]);
  await checkSpace(store, files);
  await store.remove(temporary);
  const manifest: Manifest = { version: VERSION, step: progress.step, files: await describe(files) };
  for (const [file, content] of files) await store.write(`${temporary}/${file}`, content as FileContent);
  await store.write(`${temporary}/manifest.json`, `${JSON.stringify(manifest, null, 2)}\n`);
  await store.remove(`${FOLDER}/${name}`); // left by a run that was rewound behind it
  await store.rename(temporary, `${FOLDER}/${name}`);
  await store.write(`${FOLDER}/latest`, `${name}\n`);
  return `${FOLDER}/${name}`;
}

/** The newest whole checkpoint, and why newer folders were passed over. */
export async function findCheckpoint(store: RunStore): Promise<{ readonly path: string | null; readonly passedOver: readonly string[] }> {
  const entries = await store.list(FOLDER);
  const steps = entries.flatMap(({ name, kind }) => (kind === 'folder' && /^step_\d+$/.test(name) ? [Number(name.slice(5))] : [])).sort((a, b) => b - a);
  const passedOver: string[] = [];
  for (const step of steps) {
    const path = `${FOLDER}/step_${step}`;
    const fault = await checkpointFault(store, path);
    if (fault === null) return { path, passedOver };
    passedOver.push(`${store.place}/${path}: ${fault}`);
  }
  return { path: null, passedOver };
}

/** Puts weights, moments and counters back. */
export async function restoreCheckpoint(store: RunStore, path: string, live: Checkpointed): Promise<CheckpointState> {
  const { device, parameters, optimizer, progress } = live;
  const state = await readState(store, path);
  const open = (file: string): Promise<Weights> => openStored(store, `${path}/${file}`);
  await loadParameters(device, parameters, await open(live.weightsFile));
  const moments = await open('optimizer.safetensors');
  for (const parameter of parameters.all) {
    for (const kind of ['m', 'v'] as const) {
      const whole = new Float32Array(elementsOf(parameter.shape));
      for (const part of parameter.parts) whole.set(await readPart({ ...part, name: `${kind}.${part.name}` }, moments), part.offset);
      device.upload(optimizer.moments.get(parameter.name)![kind], optimizer.momentFormat === 'f32' ? whole : packWeights(whole, 'bf16', parameter.name));
    }
  }
  optimizer.step = state.optimizerStep;
  Object.assign(progress, state.progress);
  return state;
}

export interface Retention {
  readonly keepLast: number;
  readonly keepEvery: number | null;
  /** Steps that stay in any case. */
  readonly keep: readonly number[];
  /** The step just saved. Folders of later steps are torn ones that were passed over: they count for nothing. */
  readonly step: number;
}

/** Removes checkpoints that the retention rule lets go of, and what saves that were cut short left behind. */
export async function pruneCheckpoints(store: RunStore, { keepLast, keepEvery, keep, step }: Retention): Promise<void> {
  const names = (await store.list(FOLDER)).map(({ name }) => name);
  const steps = names.flatMap((name) => (/^step_\d+$/.test(name) ? [Number(name.slice(5))] : [])).filter((other) => other <= step);
  const isKept = (other: number, age: number) => age < keepLast || keep.includes(other) || (keepEvery !== null && other % keepEvery === 0);
  const dropped = steps.sort((a, b) => b - a).filter((other, age) => !isKept(other, age));
  const cutShort = names.filter((name) => name.startsWith('.tmp-'));
  for (const name of [...dropped.map((other) => `step_${other}`), ...cutShort]) await store.remove(`${FOLDER}/${name}`);
}

export async function readState(store: RunStore, path: string): Promise<CheckpointState> {
  const text = await readText(store, `${path}/state.json`);
  const state = text === undefined ? null : (JSON.parse(text) as CheckpointState);
  if (state?.version !== VERSION) {
    throw new DataError(
      `${store.place}/${path}: expected a checkpoint of version ${VERSION}, got ${state?.version ?? 'none'}. Resume with the version of Entrain that wrote it, or start over with --fresh.`,
    );
  }
  return state;
}

/** Why a folder is no whole checkpoint; null where it is one. */
export async function checkpointFault(store: RunStore, path: string): Promise<string | null> {
  const text = await readText(store, `${path}/manifest.json`);
  if (text === undefined && (await store.list(path)).length === 0) return 'expected the folder of a checkpoint, got none';
  if (text === undefined) return 'expected a manifest.json, got none; the save was cut short';
  let manifest: Manifest;
  try {
    manifest = JSON.parse(text) as Manifest;
  } catch {
    return 'expected a readable manifest.json, got damaged text';
  }
  for (const [file, { bytes, sha256 }] of Object.entries(manifest.files)) {
    const size = await store.size(`${path}/${file}`);
    if (size !== bytes) return `expected ${file} of ${bytes} bytes, got ${size ?? 'none'}`;
    if ((await digest(await store.read(`${path}/${file}`))) !== sha256) return `expected ${file} as the manifest describes it, got other bytes`;
  }
  return null;
}

async function openStored(store: RunStore, path: string): Promise<Weights> {
  const bytes = await store.read(path);
  const source: ByteSource = {
    name: `${store.place}/${path}`,
    size: bytes.length,
    read: (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)),
  };
  return openWeights(source);
}

async function checkSpace(store: RunStore, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
  const needed = [...files.values()].reduce((sum, { length }) => sum + length, 0);
  const free = await store.freeBytes();
  if (free !== undefined && free < needed * 1.05) {
    throw new DataError(
      `${store.place}: expected ${needed} free bytes for a checkpoint, got ${free}. Free some space and run the same command again; earlier checkpoints are intact.`,
    );
  }
}

async function describe(files: ReadonlyMap<string, Uint8Array>): Promise<Manifest['files']> {
  const entries = await Promise.all([...files].map(async ([file, bytes]) => [file, { bytes: bytes.length, sha256: await digest(bytes) }] as const));
  return Object.fromEntries(entries);
}

async function digest(bytes: Uint8Array): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', bytes.slice().buffer);
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function prefixed<T>(prefix: string, parts: ReadonlyMap<string, T>): [string, T][] {
  return [...parts].map(([name, part]) => [`${prefix}.${name}`, part]);
}

function joined(chunks: Iterable<Uint8Array>): Uint8Array {
  const list = [...chunks];
  const whole = new Uint8Array(list.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const chunk of list) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}
