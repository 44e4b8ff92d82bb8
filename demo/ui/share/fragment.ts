/** How a link to a run is told from other fragments; the rest of its code is loaded only for one. */
export const RUN_PREFIX = 'run=';

export function isRunFragment(fragment: string): boolean {
  return fragment.startsWith(RUN_PREFIX);
}
