/** `entrain data show`: the first prompt as the model reads it, its ids, and which tokens are learned. */

import type { DataView, TokenView } from '../recipe/data-view.ts';
import type { LoadedRecipe } from '../recipe/read.ts';
import type { Engine } from './engine.ts';
import type { Terminal } from './terminal.ts';

export async function showData(
  loaded: LoadedRecipe,
  options: { readonly json: boolean },
  { terminal, engine }: { readonly terminal: Terminal; readonly engine: Engine },
): Promise<number> {
  const view = await engine.viewData(loaded.recipe);
  if (!options.json) for (const warning of view.warnings) terminal.err(`warning: ${warning}\n`);
  terminal.out(options.json ? `${JSON.stringify(view)}\n` : `${dataLines(view, terminal.columns()).join('\n')}\n`);
  return 0;
}

export function dataLines({ name, prompts, lengths, first, completion, maxTokens, ends }: DataView, width: number): string[] {
  const [shortest, median, longest] = lengths;
  const { tokens } = first;
  const learned =
    completion === null ? `at most ${maxTokens} × 1  the completion, its end token included` : `${completion.length} × 1  the answer, its end token included`;
  return [
    `${name}: ${prompts} prompts of ${shortest} to ${longest} tokens, median ${median}`,
    '',
    `first prompt (${first.id})`,
    ...first.text.split('\n').map((line) => `  ${line}`),
    '',
    `its ${tokens.length} ids`,
    ...wrapped(tokens, width),
    ...(completion === null ? [] : ['', `the ${completion.length} ids of its answer`, ...wrapped(completion, width)]),
    '',
    'mask',
    `  ${tokens.length} × 0  the prompt`,
    `  ${learned}`,
    '',
    'a completion ends with',
    ...wrapped(ends, width),
  ];
}

/** Ids with their tokens, as many to a line as fit. */
function wrapped(tokens: readonly TokenView[], width: number): string[] {
  const lines: string[] = [];
  for (const { id, token } of tokens) {
    const word = `${id} ${/[\s\p{C}]/u.test(token) || token === '' ? JSON.stringify(token) : token}`;
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length + 3 <= width) lines[lines.length - 1] = `${last} · ${word}`;
    else lines.push(`  ${word}`);
  }
  return lines;
}
