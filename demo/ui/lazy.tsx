/** Parts of the page that are fetched when they are first shown. */

import { useSignal } from '@preact/signals';
import type { ComponentType, JSX } from 'preact';
import { useEffect } from 'preact/hooks';

interface LazyProps {
  readonly load: () => Promise<ComponentType>;
  /** Stands in the part's place, of about its height, so that nothing jumps. */
  readonly placeholder?: JSX.Element;
}

/** Renders a component once its code is here; if it does not come, says so in its place. */
export function Lazy({ load, placeholder }: LazyProps) {
  const loaded = useSignal<{ readonly Part: ComponentType } | { readonly failure: string } | null>(null);
  useEffect(() => {
    load().then(
      (Part) => (loaded.value = { Part }),
      (error: unknown) => (loaded.value = { failure: error instanceof Error ? error.message : String(error) }),
    );
  }, []);
  const state = loaded.value;
  if (!state) return placeholder ?? null;
  if ('failure' in state) return <p class="trouble">This part of the page did not load: {state.failure}. The rest goes on; reload to try again.</p>;
  return <state.Part />;
}
