/** A signal computed from signals and from what a component was handed. */

import { computed, type ReadonlySignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';

/** Unlike `useComputed`, it is computed anew when what it was handed has changed, though no signal has. */
export function useDerived<T>(compute: () => T, handed: readonly unknown[]): ReadonlySignal<T> {
  return useMemo(() => computed(compute), handed);
}
