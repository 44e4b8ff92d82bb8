/** `entrain algorithms [NAME]`: what there is to choose from, and the math, options and source of one. */

import { RecipeError } from '../base/errors.ts';
import type { CatalogueEntry } from '../algorithms/catalogue.ts';
import { catalogueEntries } from '../algorithms/catalogue.generated.ts';
import { nearest } from '../recipe/nearest.ts';
import { columns } from './format.ts';
import type { Terminal } from './terminal.ts';

/** @throws RecipeError for a name that is neither a preset nor a method */
export function algorithms(name: string | undefined, { json }: { readonly json: boolean }, terminal: Terminal): number {
  const chosen = name === undefined ? catalogueEntries : catalogueEntries.filter((entry) => entry.name === name);
  if (chosen.length === 0) throw unknown(name!);
  if (json) for (const entry of chosen) terminal.out(`${JSON.stringify(entry)}\n`);
  else terminal.out(`${(name === undefined ? listLines() : chosen.flatMap(entryLines)).join('\n')}\n`);
  return 0;
}

function unknown(name: string): RecipeError {
  const meant = nearest(
    name,
    catalogueEntries.map((entry) => entry.name),
  );
  return new RecipeError(`algorithms: expected a preset or a method, got ${name}. ${meant ? `Did you mean ${meant}?` : 'entrain algorithms lists them.'}`);
}

function listLines(): string[] {
  const rows = (kind: CatalogueEntry['kind']) =>
    columns(catalogueEntries.filter((entry) => entry.kind === kind).map(({ name, summary, source }) => [`  ${name}`, summary, shortSource(source)]));
  return [
    'presets (algorithm.name)',
    ...rows('preset'),
    '',
    'methods (a block under algorithm switches one on; they compose)',
    ...rows('method'),
    '',
    'entrain algorithms NAME: math, options, source',
  ];
}

function entryLines({ kind, name, summary, text, source, options }: CatalogueEntry): string[] {
  const rows = options.map(({ key, type, value, description }) => [`  ${key}`, value, [type, description].filter(Boolean).join('. ')]);
  return [
    `${name}: ${summary}`,
    kind === 'preset' ? `algorithm: { name: ${name} }` : `algorithm: { ${name}: {} }`,
    ...(text ? ['', text] : []),
    ...(rows.length > 0 ? ['', kind === 'preset' ? 'sets' : 'options and their defaults', ...columns(rows)] : []),
    '',
    `source: ${source}`,
    '',
  ];
}

/** Up to the first mark that ends the paper's name. */
function shortSource(source: string): string {
  return source.split(/; |\.? Departures|, in the form| \(no paper/)[0]!;
}
