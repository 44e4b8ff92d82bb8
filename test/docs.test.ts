import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { generatedDocs } from '../scripts/docs.ts';
import { metricChapters, noteOfMetric } from '../src/base/metrics.ts';
import { ReferenceDevice } from '../src/gpu/reference-device.ts';
import { buildRun, trainOptions } from '../src/recipe/build.ts';
import { readRecipe } from '../src/recipe/read.ts';
import { nodeServices } from '../src/recipe/services-node.ts';
import { type MetricsRow, silent } from '../src/trainer/observer.ts';
import { memoryStore } from '../src/trainer/run-store-memory.ts';
import { train } from '../src/trainer/train.ts';

const root = fileURLToPath(new URL('../', import.meta.url));

describe('generated pages', () => {
  it.each([...generatedDocs()])('%s is what the code says (else: npm run docs)', (path, text) => {
    expect(readFileSync(join(root, path), 'utf8') === text).toBe(true);
  });
});

describe('links', () => {
  it('in the pages lead to files that exist', () => {
    const pages = ['README.md', 'CONTRIBUTING.md', ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).map((name) => `docs/${name}`)];
    const broken = pages
      .filter((page) => page.endsWith('.md') && existsSync(join(root, page)))
      .flatMap((page) => {
        const targets = [...readFileSync(join(root, page), 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)].map(([, target]) => target!);
        return targets.filter((target) => !existsSync(join(root, dirname(page), target))).map((target) => `${page}: ${target}`);
      });
    expect(broken).toEqual([]);
  });
});

/** Names of metrics as the code writes them: keys with a slash, keys set on `metrics`, and keys of what `measure(…)` is given. */
function metricNamesIn(path: string): string[] {
  const tree = ts.createSourceFile(path, readFileSync(join(root, path), 'utf8'), ts.ScriptTarget.ES2023, true);
  const names: string[] = [];
  const take = (node: ts.Node, isMetric: boolean): void => {
    const isText = ts.isStringLiteralLike(node) || (isMetric && ts.isIdentifier(node));
    const text = isText
      ? node.text
      : ts.isTemplateExpression(node)
        ? node
            .getText()
            .slice(1, -1)
            .replaceAll(/\$\{[^}]*\}/g, 'x')
        : '';
    if (isMetric ? /^[\w@/]+$/.test(text) : /^\w+(\/[\w@]+)+$/.test(text)) names.push(text);
  };
  const visit = (node: ts.Node, isMeasured: boolean): void => {
    if (ts.isPropertyAssignment(node)) {
      if (ts.isComputedPropertyName(node.name)) take(node.name.expression, false);
      else take(node.name, isMeasured);
    }
    if (ts.isElementAccessExpression(node))
      take(node.argumentExpression, node.expression.getText() === 'metrics' && ts.isStringLiteral(node.argumentExpression));
    const measures = ts.isCallExpression(node) ? node.expression.getText().endsWith('.measure') : isMeasured;
    node.forEachChild((child) => visit(child, measures));
  };
  visit(tree, false);
  return names;
}

describe('the table of metrics', () => {
  it('names each metric once', () => {
    const names = metricChapters.flatMap(({ metrics }) => metrics.map(({ name }) => name));
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it('has every name that algorithms and trainer write', () => {
    const files = ['src/algorithms', 'src/trainer'].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name.replaceAll('\\', '/')}`),
    );
    const written = files
      .filter((path) => path.endsWith('.ts') && !/metric-names|\/report\//.test(path))
      .flatMap((path) => metricNamesIn(path).map((name) => ({ path, name })));
    expect(written.length).toBeGreaterThan(20);
    expect(written.filter(({ name }) => noteOfMetric(name) === undefined)).toEqual([]);
  });

  it('has every metric of two steps and an evaluation', async () => {
    const file = join(root, 'examples/recipes/make-the-number.yaml');
    const overrides = [
      'steps=2',
      'batch.prompts=2',
      'batch.update_prompts=1',
      'rollout.n=2',
      'rollout.max_tokens=6',
      'eval.every=2',
      'eval.n=2',
      'eval.k=2',
      'eval.limit=2',
      'eval.at_start=false',
      'model.path=null',
      'checkpoint.keep_best=null',
      'optim.warmup_steps=0',
    ];
    const tiny = ['width', 'layers', 'heads', 'ff_width'].map((key, index) => `model.init.${key}=${[8, 1, 2, 16][index]}`);
    const { recipe } = await readRecipe({
      file,
      overrides: [...overrides, ...tiny],
      environment: {},
      readText: (path) => Promise.resolve({ path, text: readFileSync(path, 'utf8') }),
    });
    const job = await buildRun(recipe, nodeServices(new ReferenceDevice()), 'reference');
    const rows: MetricsRow[] = [];
    const observer = { ...silent, step: (row: MetricsRow) => void rows.push(row) };
    await train(
      job,
      memoryStore(),
      observer,
      trainOptions(recipe, { attempt: 1, recipeHash: '', deviceName: 'reference', resume: 'never' }),
      new AbortController().signal,
    );
    const names = new Set(rows.flatMap((row) => Object.keys(row)).filter((name) => !['step', 'attempt', 'time'].includes(name)));
    expect(names.size).toBeGreaterThan(30);
    expect([...names].filter((name) => noteOfMetric(name) === undefined)).toEqual([]);
  });
});
