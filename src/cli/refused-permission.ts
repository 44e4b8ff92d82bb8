/** What Deno says when it keeps something from a program, as a message that says what to do. Imports nothing: it must work when little else does. */

/** The message for an error that stems from a permission that was not given; undefined for any other error. */
export function refusedPermission(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const [, what, flag] = /Requires (.+?), run again with the (--allow-\w+) flag/.exec(cause.message) ?? [];
    if (what !== undefined)
      return `permission: expected ${what}, got refused by Deno. Give ${flag} (deno.json lists what each task is given), or use \`deno task\`.`;
  }
  return undefined;
}
