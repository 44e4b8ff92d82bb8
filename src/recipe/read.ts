/**
 * Reads a recipe: defaults, then the preset, then the file (and the files it builds on), then `key=value` from the command line.
 * Everything wrong with it is reported at once, each with its place.
 */

import { RecipeError, type RecipeIssue } from '../base/errors.ts';
import { withOurKeys } from './aliases.ts';
import type { Environment } from './environment.ts';
import { commandLine, type Located, locate, locateLike, overlaid, partAt, placeOf, plain, withoutPart, withPart } from './located.ts';
import { type Override, parseOverride } from './override.ts';
import { presetNamed } from './presets.ts';
import { type Recipe, recipeFrom, recipeSchema, type RecipeValues } from './recipe.ts';
import { regimeNotes } from './regime.ts';
import { remarksOn } from './remarks.ts';
import { brokenRules } from './rules.ts';
import { readYaml } from './yaml-source.ts';

/** A recipe file, what is laid over it, and how files are read. */
export interface RecipeSource {
  /** Path of the recipe file; absent for a recipe made of overrides alone. */
  readonly file?: string;
  /** `key=value`, in order. */
  readonly overrides?: readonly string[];
  readonly environment?: Environment;
  /** Text of a file; the second argument is the file that names it. */
  readonly readText?: (file: string, from: string | undefined) => Promise<{ path: string; text: string }>;
}

/** A checked recipe, and where each of its values comes from. */
export interface LoadedRecipe {
  readonly recipe: Recipe;
  /** The complete recipe as files spell it. */
  readonly values: RecipeValues;
  /** The same with the origin of each value. */
  readonly located: Located;
  /** The text of the recipe file as it was read; empty without one. */
  readonly text: string;
  /** Aliases that were read, keys without effect, settings that bend the method. */
  readonly notes: readonly string[];
}

/**
 * Reads, checks and completes a recipe.
 *
 * @throws RecipeError with every problem found
 */
export async function readRecipe(source: RecipeSource): Promise<LoadedRecipe> {
  const issues: RecipeIssue[] = [];
  const notes: string[] = [];
  const files = source.file === undefined ? [] : await readFiles(source, source.file, issues);
  const overrides = (source.overrides ?? []).flatMap((text) => parseOverride(text, issues) ?? []);
  // What a key of theirs means may hang on another one, wherever that is written.
  const asTheyWrote = overrides.reduce<Located | undefined>((root, { path, part }) => withPart(root, path, part, []), inOne(files.map(({ root }) => root)));
  const ours = files.map(({ root }) => withOurKeys(root, issues, notes, asTheyWrote));
  const written = withOverrides(inOne(ours), overrides, (single) => withOurKeys(single, issues, notes, asTheyWrote), issues);
  const named = locate({ run: { name: nameOf(source.file) } }, { kind: 'default' });
  const located = [named, presetOf(written), written].reduce<Located>((base, top) => (top ? overlaid(base, top) : base), defaults());
  const values = await checked(located, issues);
  const isWritten = (key: string) => written !== undefined && partAt(written, key.split('.')) !== undefined;
  const recipe = recipeFrom(values);
  return {
    recipe,
    values,
    located: locateLike(values, located),
    text: files[0]?.text ?? '',
    notes: [...notes, ...remarksOn(values, isWritten), ...regimeNotes(recipe)],
  };
}

/** Does what a recipe is for; where that finds a fault in the recipe after all, its issues get the places of their keys. */
export async function placed<T>({ located }: LoadedRecipe, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof RecipeError)) throw error;
    const issues = error.issues.map((issue) => (issue.at === undefined && issue.path ? { ...issue, ...placeOf(located, issue.path.split('.')) } : issue));
    throw new RecipeError(issues, { cause: error });
  }
}

interface ReadFile {
  readonly root: Located;
  readonly text: string;
}

/** The file and, after it, the files it builds on. */
async function readFiles(source: RecipeSource, file: string, issues: RecipeIssue[]): Promise<ReadFile[]> {
  if (!source.readText) throw new RecipeError(`recipe: expected a way to read ${file}, got none.`);
  const read: ReadFile[] = [];
  const seen = new Set<string>();
  for (let name: string | undefined = file, from: string | undefined; name !== undefined;) {
    const { path, text } = await source.readText(name, from);
    if (seen.has(path)) throw new RecipeError([{ path: 'recipe', message: `expected files that end somewhere, got ${path} twice.`, at: from ?? path }]);
    seen.add(path);
    const { root, issues: found } = readYaml(text, path, source.environment ?? {});
    if (found.length > 0) throw new RecipeError([...issues, ...found]);
    const base = partAt(root, ['recipe']);
    if (base && typeof base.value !== 'string') issues.push({ path: 'recipe', message: 'expected the path of another recipe.', ...placeOf(root, ['recipe']) });
    read.push({ root: withoutPart(root, ['recipe']), text });
    from = path;
    name = typeof base?.value === 'string' ? base.value : undefined;
  }
  return read;
}

/** Files as one tree, the first over those after it. */
function inOne(files: readonly Located[]): Located | undefined {
  return files.reduceRight<Located | undefined>(overlaid, undefined);
}

function withOverrides(
  files: Located | undefined,
  overrides: readonly Override[],
  inOurKeys: (single: Located) => Located,
  issues: RecipeIssue[],
): Located | undefined {
  let root = files;
  for (const override of overrides) {
    const single = withPart(undefined, override.path, override.part, issues);
    const renamed = inOurKeys(single);
    root = renamed === single ? withPart(withDefaultList(root, override.path), override.path, override.part, issues) : overlaid(root, renamed);
  }
  return root;
}

/** So that `optim.betas.1=0.95` changes one entry of a default list, the list must be there. */
function withDefaultList(root: Located | undefined, path: readonly string[]): Located | undefined {
  const index = path.findIndex((key) => /^\d+$/.test(key));
  const list = path.slice(0, index);
  const standard = index < 1 || (root && partAt(root, list)) ? undefined : partAt(defaults(), list);
  return standard ? withPart(root, list, { ...standard, origin: commandLine }, []) : root;
}

function defaults(): Located {
  return locate(recipeSchema.parse({}), { kind: 'default' });
}

function presetOf(written: Located | undefined): Located | undefined {
  const chosen = written && partAt(written, ['algorithm', 'name']);
  const isTrainedByReward = !written || partAt(written, ['method'])?.value !== 'sft';
  const preset = isTrainedByReward ? presetNamed(chosen ? chosen.value : 'grpo') : undefined;
  return preset && locate(preset.values, { kind: 'preset', name: preset.name });
}

/** The complete recipe, or everything that is wrong with it. */
async function checked(located: Located, issues: RecipeIssue[]): Promise<RecipeValues> {
  const parsed = recipeSchema.safeParse(plain(located));
  if (!parsed.success) {
    const { issuesOf } = await import('./issues.ts');
    issues.push(...issuesOf(parsed.error.issues, located));
  }
  const wrong = new Set(issues.map(({ path }) => path));
  const repaired = parsed.success ? parsed.data : repairedWithout(located, wrong);
  const broken = repaired ? brokenRules(repaired, wrong) : [];
  issues.push(...broken.map((issue) => ({ ...issue, ...placeOf(located, issue.path.split('.')) })));
  if (issues.length > 0 || !parsed.success) throw new RecipeError(asWritten(issues));
  return parsed.data;
}

const byNumber = new Intl.Collator('en', { numeric: true });

/** In the order in which they stand in their file; what stands in none comes last. */
function asWritten(issues: readonly RecipeIssue[]): RecipeIssue[] {
  const isLast = ({ at }: RecipeIssue): number => Number(at === undefined || !/:\d+$/.test(at));
  return issues.toSorted((a, b) => isLast(a) - isLast(b) || byNumber.compare(a.at ?? '', b.at ?? ''));
}

/** The recipe without its wrong parts (or, where that is not enough, without their blocks), so that the rules can look at the rest. */
function repairedWithout(located: Located, wrong: ReadonlySet<string>): RecipeValues | undefined {
  const listOrValue = (path: readonly string[]) => path.slice(0, path.findIndex((key) => /^\d+$/.test(key)) >>> 0);
  for (const cut of [listOrValue, (path: readonly string[]) => path.slice(0, 1)]) {
    const rest = [...wrong].reduce((root, path) => withoutPart(root, cut(path.split('.'))), located);
    const parsed = recipeSchema.safeParse(plain(rest));
    if (parsed.success) return parsed.data;
  }
  return undefined;
}

/** A run without a name is called after its recipe file. */
function nameOf(file: string | undefined): string {
  const stem =
    file
      ?.split(/[\\/]/)
      .at(-1)
      ?.replace(/\.[^.]*$/, '') ?? '';
  return stem.replace(/[^\w.+-]/g, '-').replace(/^[^\w]+/, '') || 'run';
}
