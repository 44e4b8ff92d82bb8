/** What there is to say of a preset or a method: drawn from the header of its file and the recipe's schema. */
export interface CatalogueEntry {
  readonly kind: 'preset' | 'method';
  /** The key or the name that a recipe writes. */
  readonly name: string;
  readonly summary: string;
  /** The header of its file: what it does, and its math. */
  readonly text: string;
  readonly source: string;
  /** Of a preset: the keys it sets. */
  readonly options: readonly { readonly key: string; readonly type: string; readonly value: string; readonly description: string }[];
}
