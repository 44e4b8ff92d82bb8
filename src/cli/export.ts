/** `entrain export`: a policy as files that other tools read, each read back and compared before it is said to be done. */

import { basename, join } from 'node:path';
import { RecipeError } from '../base/errors.ts';
import { EXPORT_TYPES, type ExportFormat, type ExportStorage } from '../recipe/export-files.ts';
import type { Exported } from '../recipe/export.ts';
import type { LogitDistance } from '../recipe/logit-distance.ts';
import type { LoadedRecipe } from '../recipe/read.ts';
import type { ExportServices } from './engine.ts';
import { bytes, columns } from './format.ts';
import { watchInterrupts } from './interrupts.ts';
import { shortPath } from './paths.ts';
import type { CheckpointChoice } from './recipe-file.ts';
import type { TrainContext } from './train.ts';

/** The options as they were written. */
export interface ExportWords {
  readonly format?: string;
  readonly type?: string;
  readonly out?: string;
  readonly base?: string;
  readonly maxShardSize?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** Hugging Face's own limit of a file. */
const MAX_SHARD = '5GB';

export async function exportPolicyFiles(loaded: LoadedRecipe, words: ExportWords, { terminal, engine, signals, quit }: TrainContext): Promise<number> {
  const request = readRequest(loaded, words);
  const interrupts = watchInterrupts(signals, (message) => terminal.err(`${message}\n`), quit, 'stopping, and keeping nothing of this export');
  try {
    const exported = await engine.export(loaded.recipe, { ...request, signal: interrupts.signal });
    for (const note of exported.notes) terminal.err(`warning: ${note}\n`);
    terminal.out(
      words.json ? `${JSON.stringify({ event: 'exported', ...exported, ...request.storage })}\n` : `${exportLines(exported, request.storage).join('\n')}\n`,
    );
    return 0;
  } finally {
    interrupts.release();
  }
}

/** @throws RecipeError for a format, type or size that is none */
export function readRequest({ recipe }: LoadedRecipe, words: ExportWords): ExportServices {
  const storage = readStorage(words);
  const path = recipe.model.path;
  const [, run, step] = path === null ? [] : (/^(?:(.*)[/\\])?checkpoints[/\\](step_\d+)$/.exec(path) ?? []);
  const own = path === null ? (recipe.run.name ?? 'model') : basename(path).replace(/\.gguf$/, '');
  const name = step === undefined ? own : `${recipe.run.name ?? basename(run || '.')}-${step}`;
  const suffix = storage.format === 'peft' ? '-peft' : storage.format === 'gguf' ? `-${storage.type}.gguf` : `-${storage.type}`;
  return {
    adapter: recipe.adapter,
    storage,
    name,
    base: words.base ?? null,
    maxShardBytes: readSize(words.maxShardSize ?? MAX_SHARD),
    target: {
      path: words.out ?? join(step === undefined ? '.' : run || '.', 'export', `${name}${suffix}`),
      kind: storage.format === 'gguf' ? 'file' : 'folder',
      force: words.force ?? false,
    },
  };
}

function readStorage({ format, type }: ExportWords): ExportStorage {
  const formats = Object.keys(EXPORT_TYPES) as ExportFormat[];
  const chosen = formats.find((name) => name === format);
  if (chosen === undefined)
    throw new RecipeError(`command line: expected --format ${formats.join(', ')}, got ${format ?? 'none'}. Add --format safetensors, say.`);
  const types: readonly string[] = EXPORT_TYPES[chosen];
  const stored = type ?? types[0];
  if (stored === undefined || !types.includes(stored))
    throw new RecipeError(`command line: expected --type ${types.join(' or ')} for ${chosen}, got ${String(stored)}. Leave it out for ${types[0]}.`);
  return { format: chosen, type: stored } as ExportStorage;
}

/** Decimal units, as Hugging Face has them: 5GB is 5 · 10⁹ bytes. */
export function readSize(text: string, option = '--max-shard-size'): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)\s*([KMG]?)B?$/i.exec(text) ?? [];
  const size = Number(number) * { '': 1, K: 1e3, M: 1e6, G: 1e9 }[unit.toUpperCase() as '' | 'K' | 'M' | 'G'];
  if (size >= 1) return Math.floor(size);
  throw new RecipeError(`command line: expected ${option} as 500MB or 5GB, got ${text}. Write a number and a unit.`);
}

/** @throws RecipeError for a word that names no checkpoint */
export function readCheckpoint(word: string | undefined): CheckpointChoice {
  if (word === undefined || word === 'latest') return 'latest';
  if (word === 'best') return 'best';
  const [, step] = /^(?:step_)?(\d+)$/.exec(word) ?? [];
  if (step !== undefined) return Number(step);
  throw new RecipeError(`command line: expected --checkpoint latest, best or a step, got ${word}.`);
}

export function exportLines({ path, files, distance, tokens, adapter }: Exported, { format, type }: ExportStorage): string[] {
  return [
    ...columns(
      files.map(({ file, bytes: size }) => [`  ${file}`, bytes(size)]),
      { right: [1] },
    ),
    ...(adapter === null ? [] : [`the adapter moves the policy by ${inWords(adapter)}`]),
    `read back and compared on ${tokens} tokens: ${distance.logit === 0 ? 'the same logits' : inWords(distance)}`,
    `done: ${format} ${type} in ${shortPath(path)}`,
  ];
}

function inWords({ logit, kl, sameBest }: LogitDistance): string {
  return `${logit.toPrecision(2)} of a logit at most, ${kl.toPrecision(2)} nats a token; the likeliest token is the same at ${(100 * sameBest).toFixed(0)} %`;
}
