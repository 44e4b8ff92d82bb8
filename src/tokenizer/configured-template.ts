/** Where a model's files say how it was taught to read conversations. */

import { DataError } from '../base/errors.ts';

/**
 * The template a `tokenizer_config.json` holds: a text, or the one called `default` of several.
 *
 * @returns null where there is none
 * @throws DataError if there are several and none is the default
 */
export function configuredTemplate(tokenizerConfig: unknown, file: string): string | null {
  const given: unknown = isRecord(tokenizerConfig) ? tokenizerConfig['chat_template'] : undefined;
  if (given === undefined || given === null) return null;
  if (typeof given === 'string') return given;
  const templates = new Map<string, string>();
  for (const entry of Array.isArray(given) ? given : Object.entries(given).map(([name, template]) => ({ name, template }))) {
    const { name, template } = isRecord(entry) ? entry : {};
    if (typeof name === 'string' && typeof template === 'string') templates.set(name, template);
  }
  const chosen = templates.get('default') ?? (templates.size === 1 ? [...templates.values()][0] : undefined);
  if (chosen !== undefined) return chosen;
  throw new DataError(
    `${file}: expected one chat_template, or one named default, got ${[...templates.keys()].join(', ') || JSON.stringify(given)?.slice(0, 40)}. Put the template in chat_template.jinja.`,
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
