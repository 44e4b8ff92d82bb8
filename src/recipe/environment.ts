/** `${NAME}` in a recipe: the value of an environment variable. `$${NAME}` stands for the text itself. */

export type Environment = Readonly<Record<string, string | undefined>>;

/** The text with its variables put in, and the names that are not set. */
export function withEnvironment(text: string, environment: Environment): { text: string; missing: string[] } {
  const missing: string[] = [];
  const filled = text.replace(/\$(\$?)\{([A-Za-z_]\w*)\}/g, (whole, escaped: string, name: string) => {
    if (escaped) return whole.slice(1);
    const value = environment[name];
    if (value === undefined) missing.push(name);
    return value ?? '';
  });
  return { text: filled, missing };
}
