/** The house as data: floors and who may use whom, what may be said where, and how long things are. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../', import.meta.url));

/** A folder uses the floors below its own, less what its line says it never meets. */
const FLOORS: Readonly<Record<string, { readonly floor: number; readonly never?: readonly string[]; readonly also?: readonly string[] }>> = {
  base: { floor: 0 },
  gpu: { floor: 1 },
  kernels: { floor: 2 },
  model: { floor: 3 },
  optim: { floor: 3 },
  tokenizer: { floor: 3, never: ['gpu', 'kernels'] },
  data: { floor: 3, never: ['gpu', 'kernels'] },
  rewards: { floor: 3, never: ['gpu', 'kernels'], also: ['data'] },
  algorithms: { floor: 4, never: ['model', 'optim', 'tokenizer', 'data', 'rewards'] },
  rollout: { floor: 5, never: ['optim', 'rewards', 'algorithms'] },
  engines: { floor: 6 },
  trainer: { floor: 7 },
  recipe: { floor: 8 },
  cli: { floor: 9 },
  worker: { floor: 9 },
};

/** The files that outsiders import, and who may import which. */
const SURFACES: Readonly<Record<string, readonly string[]>> = {
  demo: ['src/index.ts', 'src/browser.ts'],
  examples: ['src/index.ts', 'src/node.ts'],
};

/** Lines that read well, and lines that no file or function may have. */
const LINES = { '.ts': [300, 400], '.wgsl': [130, 200], function: [60, 90] } as const;

/** Functions of the host that give the same bits in every JavaScript engine. */
const SAFE_MATH = /^(abs|ceil|clz32|floor|fround|imul|max|min|round|sign|sqrt|trunc|E|LN2|LN10|PI|SQRT2)$/;

/** Right to the last place or two, which is enough for what a reference computes, for a size, and for what is drawn. */
const CLOSE_MATH = /^(exp|expm1|log|log10|log1p|log2|tanh)$/;
const NEEDS_NO_BITS = /^src\/(kernels|gpu|trainer\/report|recipe\/logit-distance|base\/exponential)/;

const MEANINGLESS = /^(utils?|helpers?|common|types|constants|misc|shared|.*-manager|.*-factory)$/;

interface Source {
  /** From the repository's root. */
  readonly path: string;
  readonly tree: ts.SourceFile;
  /** Files of the repository that it imports, from the root; and packages by name. */
  readonly imports: readonly string[];
  readonly packages: readonly string[];
}

function filesUnder(folder: string, ending: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending) && !name.includes('node_modules'))
    .map((name) => join(folder, name).replaceAll('\\', '/'))
    .toSorted();
}

function readSource(path: string): Source {
  const text = readFileSync(join(root, path), 'utf8');
  const named = ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
  return {
    path,
    tree: ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true),
    imports: named.filter((name) => name.startsWith('.')).map((name) => join(dirname(path), name).replaceAll('\\', '/')),
    packages: named.filter((name) => !name.startsWith('.')),
  };
}

const sources = ['src', 'demo', 'examples'].flatMap((folder) => [...filesUnder(folder, '.ts'), ...filesUnder(folder, '.tsx')]).map(readSource);
const inSrc = sources.filter(({ path }) => path.startsWith('src/'));

/** The folder of a file: `model` of src/model/block.ts, `demo` of demo/main.ts, null of src/index.ts. */
function folderOf(path: string): string | null {
  const [top, below, ...rest] = path.split('/');
  if (top !== 'src') return top!;
  return rest.length > 0 ? below! : null;
}

/** The folders that a folder may import from. */
function mayUse(folder: string): string[] {
  const { floor, never = [], also = [] } = FLOORS[folder]!;
  const lower = Object.keys(FLOORS).filter((name) => FLOORS[name]!.floor < floor && !never.includes(name));
  return [...lower, ...also];
}

function brokenImports({ path, imports }: Source): string[] {
  const folder = folderOf(path);
  if (folder === null) return [];
  if (folder in SURFACES) {
    const outside = imports.filter((target) => folderOf(target) !== folder && !SURFACES[folder]!.includes(target));
    return outside.map((target) => `${path} imports ${target}: ${folder} may use ${SURFACES[folder]!.join(', ')}.`);
  }
  if (!(folder in FLOORS)) return [`${path}: expected a folder of the table, got "${folder}".`];
  const allowed = mayUse(folder);
  const wrong = imports.filter((target) => !target.endsWith('.json') && folderOf(target) !== folder && !allowed.includes(folderOf(target) ?? '(the surface)'));
  return wrong.map((target) => `${path} imports ${target}: floor ${FLOORS[folder]!.floor} "${folder}" may use ${allowed.join(', ')}.`);
}

function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  node.forEachChild((child) => walk(child, visit));
}

/** What `find` says of each node of a file, with the place of the node in front. */
function findings({ path, tree }: Source, find: (node: ts.Node) => string | undefined): string[] {
  const found: string[] = [];
  walk(tree, (node) => {
    const text = find(node);
    if (text !== undefined) found.push(`${path}:${tree.getLineAndCharacterOfPosition(node.getStart()).line + 1}: ${text}`);
  });
  return found;
}

/** An import chain that comes back to its start, or null. */
function cycleFrom(
  start: string,
  importsOf: ReadonlyMap<string, readonly string[]>,
  done: Set<string>,
  chain: readonly string[] = [],
): readonly string[] | null {
  if (chain.includes(start)) return [...chain.slice(chain.indexOf(start)), start];
  if (done.has(start)) return null;
  done.add(start);
  for (const target of importsOf.get(start) ?? []) {
    const cycle = cycleFrom(target, importsOf, done, [...chain, start]);
    if (cycle) return cycle;
  }
  return null;
}

describe('the floors', () => {
  it('hold every folder of src', () => {
    const folders = new Set(inSrc.flatMap(({ path }) => folderOf(path) ?? []));
    expect([...folders].filter((folder) => !(folder in FLOORS))).toEqual([]);
    expect(inSrc.length).toBeGreaterThan(100);
  });

  it('say what is wrong in words', () => {
    const wrong: Source = { ...sources[0]!, path: 'src/algorithms/clip-cov.ts', imports: ['src/model/block.ts', 'src/kernels/stages.ts'] };
    expect(brokenImports(wrong)).toEqual(['src/algorithms/clip-cov.ts imports src/model/block.ts: floor 4 "algorithms" may use base, gpu, kernels.']);
  });

  it('are imported downwards only', () => {
    expect(sources.flatMap(brokenImports)).toEqual([]);
  });

  it('have no cycles', () => {
    const importsOf = new Map(sources.map(({ path, imports }) => [path, imports]));
    const done = new Set<string>();
    expect(sources.flatMap(({ path }) => cycleFrom(path, importsOf, done)?.join(' → ') ?? [])).toEqual([]);
  });

  it('import files by their whole name', () => {
    const unnamed = sources.flatMap(({ path, imports }) => imports.filter((target) => !existsSync(join(root, target))).map((target) => `${path}: ${target}`));
    expect(unnamed).toEqual([]);
  });
});

describe('what is said where', () => {
  const outside = (folder: string) => sources.filter(({ path }) => !path.startsWith(`${folder}/`));

  it('GPU… only in src/gpu', () => {
    const said = outside('src/gpu').flatMap((source) =>
      findings(source, (node) => (ts.isIdentifier(node) && /^GPU[A-Z]/.test(node.text) ? node.text : undefined)),
    );
    expect(said).toEqual([]);
  });

  it('files and the process only in src/cli, examples and files named …-node.ts', () => {
    const others = sources.filter(({ path }) => !/^(src\/cli|examples)\/|-node\.ts$/.test(path));
    const imported = others.flatMap(({ path, packages }) => packages.filter((name) => name.startsWith('node:')).map((name) => `${path}: ${name}`));
    const named = others.flatMap((source) => findings(source, processName));
    expect([...imported, ...named]).toEqual([]);
  });

  it('only mathematics whose bits do not depend on the runtime', () => {
    expect(inSrc.flatMap((source) => findings(source, (node) => unsafeMath(node, source.path) ?? unsafePower(node)))).toEqual([]);
  });
});

/** `process` and its like as a value: not a property of something else, not a name of our own. */
function processName(node: ts.Node): string | undefined {
  if (!ts.isIdentifier(node) || !['process', 'Deno', 'Buffer', '__dirname', 'require'].includes(node.text)) return undefined;
  const { parent } = node;
  const isProperty = (ts.isPropertyAccessExpression(parent) && parent.name === node) || ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent);
  return isProperty || ts.isTypeReferenceNode(parent) ? undefined : node.text;
}

function unsafeMath(node: ts.Node, path: string): string | undefined {
  if (!ts.isPropertyAccessExpression(node) || node.expression.getText() !== 'Math') return undefined;
  const isSafe = SAFE_MATH.test(node.name.text) || (CLOSE_MATH.test(node.name.text) && NEEDS_NO_BITS.test(path));
  return isSafe ? undefined : `Math.${node.name.text}`;
}

/** A power other than a square, a cube, or a power of two. */
function unsafePower(node: ts.Node): string | undefined {
  if (!ts.isBinaryExpression(node) || node.operatorToken.kind !== ts.SyntaxKind.AsteriskAsteriskToken) return undefined;
  const isSafe = /^[23]$/.test(node.right.getText()) || node.left.getText() === '2';
  return isSafe ? undefined : node.getText();
}

describe('names', () => {
  it('of files are in kebab case and mean something', () => {
    const stems = [...sources.map(({ path }) => path), ...filesUnder('shaders', '.wgsl'), ...filesUnder('test', '.ts'), ...filesUnder('scripts', '.ts')];
    const wrong = stems.filter((path) => {
      const stem = basename(path).replace(/(\.test|\.long\.test|\.generated|\.d)?\.(ts|tsx|wgsl)$/, '');
      return !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(stem) || MEANINGLESS.test(stem) || path.split('/').some((part) => MEANINGLESS.test(part));
    });
    expect(wrong).toEqual([]);
  });
});

describe('sizes', () => {
  const measured = [
    ...sources.filter(({ path }) => !path.endsWith('.generated.ts')).map(({ path }) => ({ what: path, lines: linesOf(path), of: '.ts' as const })),
    ...filesUnder('shaders', '.wgsl').map((path) => ({ what: path, lines: linesOf(path), of: '.wgsl' as const })),
    ...sources.flatMap((source) => functionsOf(source).map(({ at, lines }) => ({ what: `${source.path}:${at}, a function`, lines, of: 'function' as const }))),
  ];

  it('stay below what no file or function may have; those that read less well are named', () => {
    for (const { what, lines, of } of measured) if (lines > LINES[of][0]) console.log(`long: ${what} of ${lines} lines; ${LINES[of][0]} read well`);
    expect(measured.filter(({ lines, of }) => lines > LINES[of][1])).toEqual([]);
  });
});

function linesOf(path: string): number {
  return readFileSync(join(root, path), 'utf8').split('\n').length - 1;
}

function functionsOf({ tree }: Source): { readonly at: number; readonly lines: number }[] {
  const found: { at: number; lines: number }[] = [];
  walk(tree, (node) => {
    if (!ts.isFunctionLike(node) || !('body' in node) || !node.body) return;
    const [first, last] = [node.getStart(), node.end].map((place) => tree.getLineAndCharacterOfPosition(place).line) as [number, number];
    found.push({ at: first + 1, lines: last - first + 1 });
  });
  return found;
}
