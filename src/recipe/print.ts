/** Writes a complete recipe as YAML, each value with the origin it has. */

import { Document, isMap, isScalar, isSeq, parseDocument } from 'yaml';
import { RecipeError } from '../base/errors.ts';
import { type Located, originInWords, partAt, plain } from './located.ts';

/** The recipe as YAML that can be read again. With origins, each value that is not a default says where it comes from. */
export function printedRecipe(located: Located, options: { readonly origins: 'all' | 'written' }): string {
  const document = new Document(plain(located));
  annotate(document.contents, located, [], options.origins === 'all');
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

/** The values of a recipe that was printed. @throws RecipeError if the text has been damaged since */
export function readPrintedRecipe(text: string): unknown {
  const document = parseDocument(text);
  if (document.errors.length === 0 && isMap(document.contents)) return document.toJS({ maxAliasCount: 0 });
  throw new RecipeError(
    'config.resolved.yaml: expected the recipe of the run that is resumed, got a file that cannot be read. Restore it, or start over with --fresh.',
  );
}

function annotate(node: unknown, root: Located, path: readonly string[], all: boolean): void {
  if (isMap(node)) {
    for (const { key, value } of node.items) annotate(value, root, [...path, String(isScalar(key) ? key.value : key)], all);
    return;
  }
  if (isSeq(node) && node.items.some((item) => isMap(item))) {
    node.items.forEach((item, i) => annotate(item, root, [...path, String(i)], all));
    return;
  }
  if (isSeq(node)) node.flow = true;
  const origin = partAt(root, path)?.origin ?? { kind: 'default' };
  if ((isSeq(node) || isScalar(node)) && (all || origin.kind !== 'default')) node.comment = ` ${originInWords(origin)}`;
}
