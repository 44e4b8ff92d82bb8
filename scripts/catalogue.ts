/** Reads the catalogue of algorithms from the headers of their files, the recipe's schema and the presets. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CatalogueEntry } from '../src/algorithms/catalogue.ts';
import { methodBlocks } from '../src/algorithms/methods.ts';
import { fieldsOf, schemaAt, typeInWords } from '../src/recipe/json-schema.ts';
import { type Preset, presets } from '../src/recipe/presets.ts';

const root = fileURLToPath(new URL('../', import.meta.url));

/** Methods that share a file: the kernel whose comment has their math, and their name in the file's list of sources. */
const SHARED: Readonly<Record<string, readonly [kernelFile: string, kernel: string, label: string]>> = {
  cispo: ['stages-weights', 'cappedWeightSurrogate', 'CISPO'],
  sapo: ['stages-weights', 'softGateSurrogate', 'SAPO'],
  gmpo: ['stages-weights', 'geometricSurrogate', 'GMPO'],
  dppo: ['stages-weights', 'divergenceSurrogate', 'DPPO'],
  vespo: ['stages-weights', 'gammaWeightSurrogate', 'VESPO'],
  dro: ['stages-weights', 'logProbSurrogate', 'DRO'],
  ce_gppo: ['stages-clip', 'boundedGradientSurrogate', 'CE-GPPO'],
};

/** Presets first, then methods, each as a recipe names it. */
export function catalogue(): readonly CatalogueEntry[] {
  return [...presets.map(presetEntry), ...Object.keys(methodBlocks).map(methodEntry)];
}

/** The module that ships: the catalogue as data. */
export function catalogueModule(entries: readonly CatalogueEntry[]): string {
  return `/** Made by \`npm run docs\` from the headers of src/algorithms, the recipe's schema and the presets. Do not edit. */\n\nimport type { CatalogueEntry } from './catalogue.ts';\n\nexport const catalogueEntries: readonly CatalogueEntry[] = ${JSON.stringify(entries, null, 2)};\n`;
}

/** The page of one entry. */
export function cataloguePage(entry: CatalogueEntry, made: string): string {
  const { kind, name, summary, text, source, options } = entry;
  const key = kind === 'preset' ? `algorithm: { name: ${name} }` : `algorithm: { ${name}: {} }`;
  const rows = options.map(
    ({ key: option, type = '', value, description = '' }) =>
      `| \`${option}\` | ${[type, value, description].map((cell) => cell.replaceAll('|', '\\|').replaceAll('<', '&lt;')).join(' | ')} |`,
  );
  const head = kind === 'preset' ? '| key | | value | |' : '| option | takes | default | what it does |';
  return [
    `# ${name}`,
    '',
    made,
    '',
    `${summary[0]!.toUpperCase()}${summary.slice(1)}${/[.]$/.test(summary) ? '' : '.'}`,
    '',
    '```yaml',
    key,
    '```',
    ...(text ? ['', '```text', text, '```'] : []),
    '',
    `Source: ${source}`,
    '',
    ...(rows.length > 0 ? [head, '| --- | --- | --- | --- |', ...rows, ''] : []),
  ].join('\n');
}

function presetEntry(preset: Preset): CatalogueEntry {
  const { values } = preset;
  const options = Object.entries(values).flatMap(([block, keys]) => leaves(keys, [block]));
  const method = Object.keys(methodBlocks).find((key) => key === preset.name.replace(/_32b$/, '') || (preset.name === 'entropic_resistance' && key === 'bald'));
  const source = method ? headerOf(method).source : (SOURCES[preset.name] ?? headerIn('src/algorithms/grpo.ts').source);
  return { kind: 'preset', name: preset.name, summary: preset.summary, text: '', source, options };
}

const SOURCES: Readonly<Record<string, string>> = {
  dr_grpo: 'Liu et al. 2025, arXiv:2503.20783',
  dapo: 'Yu et al. 2025, arXiv:2503.14476',
  clip_higher: 'Yu et al. 2025, arXiv:2503.14476',
  rloo: 'Ahmadian et al. 2024, arXiv:2402.14740',
  gspo: 'Zheng et al. 2025, arXiv:2507.18071',
  reinforce_pp: 'Hu et al. 2025, arXiv:2501.03262',
};

function leaves(value: unknown, path: readonly string[]): CatalogueEntry['options'][number][] {
  if (value !== null && typeof value === 'object' && !Array.isArray(value) && Object.keys(value).length > 0)
    return Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...path, key]));
  return [{ key: path.join('.'), value: JSON.stringify(value) }];
}

function methodEntry(key: string): CatalogueEntry {
  const block = `algorithm.${key}`;
  const schema = schemaAt(['algorithm', key]);
  const options = fieldsOf()
    .filter(({ path }) => path.startsWith(`${block}.`))
    .map(({ path, type, unit, description, ...field }) => ({
      key: path.slice(block.length + 1),
      type: unit ? `${type}, ${unit.startsWith('per ') ? '' : 'in '}${unit}` : type,
      value: 'default' in field ? JSON.stringify(field.default) : '',
      description,
    }));
  return { kind: 'method', name: key, summary: schema?.description ?? (schema ? typeInWords(schema) : ''), ...headerOf(key), options };
}

function headerOf(key: string): { readonly text: string; readonly source: string } {
  const shared = SHARED[key];
  if (!shared) return headerIn(`src/algorithms/${key.replaceAll('_', '-')}.ts`);
  const [file, kernel, label] = shared;
  const code = readFileSync(join(root, `src/kernels/${file}.ts`), 'utf8');
  const before = code.slice(0, code.indexOf(`export const ${kernel} `));
  const comment = plainComment(before.slice(before.lastIndexOf('/**')));
  const sources = headerIn('src/algorithms/other-surrogates.ts').source.split('·');
  return { text: comment, source: (sources.find((one) => one.trim().startsWith(`${label}:`)) ?? '').trim() };
}

/** The first comment of a file, up to its sources, and those. */
function headerIn(path: string): { readonly text: string; readonly source: string } {
  const code = readFileSync(join(root, path), 'utf8');
  const [text = '', source = ''] = plainComment(code.slice(0, code.indexOf('*/') + 2)).split('@source ');
  return { text: text.trim(), source: source.replace(/\s*\n\s*/g, ' ').trim() };
}

function plainComment(comment: string): string {
  return comment
    .replace(/^\s*\/\*\*\s?/, '')
    .replace(/\s*\*\/[^]*$/, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trimEnd())
    .join('\n')
    .trim();
}
