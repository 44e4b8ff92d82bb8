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
  readonly options: readonly CatalogueOption[];
}

export interface CatalogueOption {
  readonly key: string;
  /** As JSON: the default, or what a preset sets. */
  readonly value: string;
  /** Of a method's own options. */
  readonly type?: string;
  readonly description?: string;
}
