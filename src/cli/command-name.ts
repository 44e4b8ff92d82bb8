/** How the reader started this command, so that the next one can be told in the same words. */

/**
 * The words before the verb: `deno task entrain` under Deno, `npm run entrain --` from a checkout under Node, else the installed command.
 *
 * @param script Path of the script that was started, process.argv[1]
 * @param versions process.versions, which has a `deno` under Deno
 */
export function commandName(script: string, versions: Readonly<Record<string, string | undefined>>): string {
  const isCheckout = script.endsWith('.ts');
  if (versions['deno'] !== undefined) return isCheckout ? 'deno task entrain' : 'entrain';
  return isCheckout ? 'npm run entrain --' : 'npx entrain';
}
