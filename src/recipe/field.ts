/** What a recipe field says about itself: one sentence, and its unit where the type cannot carry it. */
export interface FieldNote {
  readonly description: string;
  readonly unit?: string;
  readonly [key: string]: unknown;
}

/** The note of one field, for `.meta(…)`. Help, the JSON schema, the form and the error messages are drawn from it. */
export function about(description: string, unit?: string): FieldNote {
  return unit === undefined ? { description } : { description, unit };
}
