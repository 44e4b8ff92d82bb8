/** Writes docs/metrics.md, docs/recipe.md, docs/algorithms/ and the catalogue that ships, from the code that they speak of. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { metricChapters } from '../src/base/metrics.ts';
import { aliases } from '../src/recipe/alias-table.ts';
import { type Field, fieldsOf, type JsonSchema, recipeJsonSchema, schemaAt, typeInWords } from '../src/recipe/json-schema.ts';
import { type Preset, presets } from '../src/recipe/presets.ts';
import { BUILT_IN_REWARDS } from '../src/rewards/index.ts';

import { catalogue, catalogueModule, cataloguePage } from './catalogue.ts';

const root = fileURLToPath(new URL('../', import.meta.url));

const MADE = '<!-- Made by `npm run docs`. Do not edit. -->';

/** The generated pages by path. */
export function generatedDocs(): ReadonlyMap<string, string> {
  const entries = catalogue();
  // A preset and a method of one name share a page.
  const names = [...new Set(entries.map(({ name }) => name))];
  const pages = names.map((name): [string, string] => {
    const own = entries.filter((entry) => entry.name === name).reverse();
    return [
      `docs/algorithms/${name}.md`,
      own.map((entry, i) => cataloguePage(entry, MADE).replace(/^# .*\n\n.*\n/, (head) => (i === 0 ? head : '## As a preset\n'))).join('\n'),
    ];
  });
  return new Map([
    ...pages,
    ['src/algorithms/catalogue.generated.ts', catalogueModule(entries)],
    ['docs/metrics.md', metricsPage()],
    ['docs/recipe.md', recipePage()],
  ]);
}

function metricsPage(): string {
  const chapters = metricChapters.map(({ title, metrics }) =>
    [
      `## ${title}`,
      '',
      ...table(
        ['metric', 'what it says', 'unit', 'name from'],
        metrics.map(({ name, meaning, unit = '', from = '' }) => [`\`${name}\``, meaning, unit, from]),
      ),
    ].join('\n'),
  );
  const intro = [
    'Each row of `metrics.jsonl` is a step: `step`, `attempt` (1, and one more for each resumption), `time`, and the metrics below. A metric that was not',
    'measured is absent. A row with an `event` is no step: it says what was done to the run (an edited `setpoint`, and the step it holds from), and',
    'stands before the row of its step. Within a step, what is measured in every update is averaged over its updates; the largest is taken where a name ends in',
    '`max`, the least for `min`. `log.schema` writes the rows under the names of verl, or both.',
  ];
  return `${['# Metrics', '', MADE, '', ...intro, '', ...chapters.join('\n\n').split('\n')].join('\n')}\n`;
}

function recipePage(): string {
  const schema = recipeJsonSchema();
  const fields = fieldsOf(schema);
  const blocks = [...new Set(fields.map(({ path }) => blockOf(path)))];
  const chapters = blocks.map((block) => {
    const description = block === '' ? 'The run as a whole.' : (schemaAt([block], schema)?.description ?? '');
    const rows = fields.filter(({ path }) => blockOf(path) === block).map(rowOf);
    return [
      `## ${block === '' ? 'The run' : `\`${block}\``}`,
      '',
      ...(description ? [description, ''] : []),
      ...table(['key', 'takes', 'default', 'what it does'], rows),
    ].join('\n');
  });
  const presetRows = presets.map((preset: Preset) => [`\`${preset.name}\``, preset.summary, preset.departs ?? '']);
  const aliasRows = aliases.map(({ from, to, beside }) => [
    `\`${from}\`${beside ? ` where \`${beside.join(': ')}\`` : ''}`,
    to.map((key) => `\`${key}\``).join(', '),
  ]);
  const intro = [
    'A recipe is a YAML file that says what differs from the defaults; `key=value` on the command line goes on top. `entrain plan RECIPE --print-config`',
    'prints it in full, with where each value comes from. `*` in a key stands for the number of a list entry. `recipeJsonSchema()` gives the schema that',
    'editors complete from.',
  ];
  const parts = [
    ['# The recipe', '', MADE, '', ...intro].join('\n'),
    ...chapters,
    rewardChapter(),
    [
      '## Presets',
      '',
      '`algorithm.name` sets these; a key that the recipe writes wins.',
      '',
      ...table(['name', 'what it is', 'where it departs'], presetRows),
    ].join('\n'),
    ['## Keys of TRL and verl', '', 'Taken as they are, and printed with the key they stand for.', '', ...table(['theirs', 'ours'], aliasRows)].join('\n'),
  ];
  return `${parts.join('\n\n')}\n`;
}

function rewardChapter(): string {
  const rows = [...BUILT_IN_REWARDS.values()].map(({ name, options }) => {
    const { properties = {}, required = [] } = z.toJSONSchema(options, { io: 'input' });
    const args = Object.entries(properties).map(([key, value]) => {
      const schema = value as JsonSchema;
      const standard = schema.default === undefined ? (required.includes(key) ? '' : ', or left out') : `, default ${JSON.stringify(schema.default)}`;
      return `\`${key}\` (${typeInWords(schema)}${standard}): ${schema.description ?? ''}`;
    });
    return [`\`${name}\``, options.description ?? '', args.join('; ')];
  });
  return [
    '## Rewards',
    '',
    ...table(['`use`', 'what it pays', '`args`'], rows),
    '',
    'Anything else is a function of your own, `path.ts:export` (or .js, .mjs; without a name the default export, `compute_score`, or the only function there',
    'is). The path starts where the command is given. `args` are handed to every call. Two shapes are known, TRL’s and, for a function called `compute_score` or',
    'with `args: { shape: single }`, verl’s:',
    '',
    '```ts',
    'score({ prompts, completions, completion_ids, log_metric, log_extra, ...columns })            // lists, one entry a completion → (number | null)[]',
    'compute_score({ data_source, solution_str, ground_truth, extra_info })                        // one completion → number | { score, … }',
    '```',
    '',
    '`null` says that a reward does not apply to a completion. A completion on which it throws, or says no finite number, has failed: it has no reward and is left out of',
    'its group. A reward that fails on every completion stops the run.',
  ].join('\n');
}

function blockOf(path: string): string {
  return path.includes('.') ? path.split('.', 1).join() : '';
}

function rowOf({ path, type, unit, description, ...field }: Field): string[] {
  const value = 'default' in field ? `\`${JSON.stringify(field.default)}\`` : '';
  return [`\`${path}\``, unit ? `${type}, ${unit.startsWith('per ') ? '' : 'in '}${unit}` : type, value, description];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('<', '&lt;')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, text] of generatedDocs()) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    if (readFileSync(join(root, path), { encoding: 'utf8', flag: 'a+' }) !== text) writeFileSync(join(root, path), text);
  }
}
