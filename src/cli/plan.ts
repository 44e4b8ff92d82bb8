/** `entrain plan`: what a recipe comes to (batches, updates, bytes) before anything is loaded. */

import { originInWords, leavesOf } from '../recipe/located.ts';
import { presetNamed } from '../recipe/presets.ts';
import type { LoadedRecipe } from '../recipe/read.ts';
import type { Recipe } from '../recipe/recipe.ts';
import type { Engine, PlannedChange, PlannedPart } from './engine.ts';
import { bytes, columns, count } from './format.ts';
import type { Terminal } from './terminal.ts';

/** The sizes a recipe comes to. */
export interface BatchSums {
  readonly completionsPerStep: number;
  readonly updatesPerStep: number;
  readonly completionsPerUpdate: number;
  readonly updates: number;
  readonly completions: number;
  /** At most; most completions are shorter. */
  readonly tokensPerStep: number;
  readonly evaluations: number;
  readonly checkpoints: number;
}

export function batchSums({ method, steps, rollout, batch, eval: evaluation, checkpoint }: Recipe): BatchSums {
  const n = method === 'grpo' ? rollout.n : 1;
  const updatePrompts = method === 'grpo' ? (batch.updatePrompts ?? batch.prompts) : batch.prompts;
  const updatesPerStep = method === 'grpo' ? (batch.prompts / updatePrompts) * batch.epochs : 1;
  const completionsPerStep = batch.prompts * n;
  return {
    completionsPerStep,
    updatesPerStep,
    completionsPerUpdate: updatePrompts * n,
    updates: updatesPerStep * steps,
    completions: completionsPerStep * steps,
    tokensPerStep: completionsPerStep * rollout.maxTokens,
    evaluations: evaluation.data === null ? 0 : timesDue(steps, evaluation.every) + (evaluation.atStart ? 1 : 0),
    checkpoints: timesDue(steps, checkpoint.every),
  };
}

export async function plan(
  loaded: LoadedRecipe,
  options: { readonly json: boolean; readonly memory: number },
  { terminal, engine }: { readonly terminal: Terminal; readonly engine: Engine },
): Promise<number> {
  const parts = await engine.plan(loaded.recipe);
  const changes = await engine.planChanges(loaded.recipe);
  const sums = batchSums(loaded.recipe);
  terminal.out(
    options.json
      ? `${JSON.stringify({ sums, parts, changes, memory: options.memory, notes: loaded.notes })}\n`
      : `${[...planLines(loaded, sums, parts), ...changeLines(parts, changes, options.memory)].join('\n')}\n`,
  );
  return 0;
}

export function planLines(loaded: LoadedRecipe, sums: BatchSums, parts: readonly PlannedPart[]): string[] {
  const total = sumOf(parts);
  const rows = [...parts].sort((a, b) => b.bytes - a.bytes).map(({ part, bytes: size }) => [`  ${part}`, bytes(size)]);
  return [
    ...batchLines(loaded.recipe, sums),
    '',
    ...presetLines(loaded),
    'memory',
    ...columns([...rows, ['  total', bytes(total)]], { right: [1] }),
    ...(loaded.notes.length > 0 ? ['', 'notes', ...loaded.notes.map((note) => `  ${note}`)] : []),
  ];
}

/** The same run under other settings, and which of them fit where this one does not. */
export function changeLines(parts: readonly PlannedPart[], changes: readonly PlannedChange[], memory: number): string[] {
  if (changes.length === 0) return [];
  const total = sumOf(parts);
  const rows = changes.map(({ change, weights, total: changed }) => [`  ${change}`, bytes(weights), bytes(changed), changed > memory ? 'too large' : '']);
  return ['', ...verdict(total, changes, memory), ...columns([['with', 'weights', 'total', ''], ...rows], { right: [1, 2] })];
}

function verdict(total: number, changes: readonly PlannedChange[], memory: number): string[] {
  if (total <= memory) return [];
  const fitting = changes.filter(({ total: changed }) => changed <= memory).map(({ change }) => change);
  const which =
    fitting.length > 0 ? `These fit: ${fitting.join('; ')}.` : 'None of the settings below is enough: choose a smaller model, or a device with more memory.';
  return [`does not fit: ${bytes(total)} of ${bytes(memory)} (--memory). ${which}`, ''];
}

function sumOf(parts: readonly PlannedPart[]): number {
  return parts.reduce((sum, part) => sum + part.bytes, 0);
}

function batchLines({ method, steps, batch, rollout, eval: evaluation }: Recipe, sums: BatchSums): string[] {
  const grpo = method === 'grpo';
  const step = grpo
    ? `${batch.prompts} prompts × ${rollout.n} completions = ${count(sums.completionsPerStep)} completions, at most ${rollout.maxTokens} tokens each (${count(sums.tokensPerStep)} in all)`
    : `${batch.prompts} examples`;
  const passes = batch.epochs > 1 ? `, ${batch.epochs} passes` : '';
  const updates = grpo ? `${count(sums.updatesPerStep)} of ${count(sums.completionsPerUpdate)} completions each${passes}` : '1';
  return columns([
    ['step', step],
    ['updates', `${updates} a step`],
    ['run', `${count(steps)} steps, ${count(sums.updates)} updates, ${count(sums.completions)} ${grpo ? 'completions' : 'examples'}`],
    ['evaluation', sums.evaluations === 0 ? 'none' : `${sums.evaluations} times, ${evaluation.n} completions a prompt`],
    ['checkpoints', `${sums.checkpoints}`],
  ]);
}

/** What the preset sets, as far as the recipe leaves it standing. */
function presetLines({ recipe, located }: LoadedRecipe): string[] {
  const preset = recipe.method === 'grpo' ? presetNamed(recipe.algorithm.name) : undefined;
  if (!preset) return [];
  const standing = leavesOf(located).filter(({ part }) => part.origin.kind === 'preset');
  const overridden = leavesOf(located).filter(({ path, part }) => isSetBy(preset.values, path) && part.origin.kind !== 'preset');
  const written = ({ path, part }: (typeof standing)[number]) => `${path.join('.')} ${JSON.stringify(part.value)}`;
  return [
    `preset ${preset.name}: ${preset.summary}`,
    ...standing.map((leaf) => `  ${written(leaf)}`),
    ...overridden.map((leaf) => `  ${written(leaf)} (${originInWords(leaf.part.origin)}, not the preset's)`),
    '',
  ];
}

function isSetBy(values: Readonly<Record<string, unknown>>, [block, key]: readonly string[]): boolean {
  const keys = block === undefined ? undefined : values[block];
  return typeof keys === 'object' && keys !== null && key !== undefined && key in keys;
}

/** How often something is due, the last step always counted. */
function timesDue(steps: number, every: number | null): number {
  if (every === null) return 1;
  return Math.floor(steps / every) + (steps % every === 0 ? 0 : 1);
}
