/** The top line: whose page this is, where the numbers come from, and the ways elsewhere. */

import { whole } from './figures.ts';
import { useLive } from './live/live-context.ts';
import { usePage, type View } from './state/page-state.ts';
import { ThemeButton } from './theme.tsx';

export function Header() {
  const { shown, tour } = usePage();
  const { kind } = shown.value;
  const origin = useOrigin();
  return (
    <header class="top">
      <h1>
        <a href="#page">Entrain</a>
      </h1>
      <p class={`origin ${kind}`} title={origin}>
        {origin}
      </p>
      <nav aria-label="Views">
        <button type="button" class="plain" aria-pressed={tour.value !== null} onClick={() => (tour.value = tour.peek() === null ? 0 : null)}>
          Tour
        </button>
        <ViewButton to="lens" name="Lens" />
        <ViewButton to="recipe" name="Recipe" />
        <ThemeButton />
      </nav>
    </header>
  );
}

function ViewButton({ to, name }: { readonly to: View; readonly name: string }) {
  const { view } = usePage();
  const { lens } = useLive();
  // Whoever points at it is about to press it.
  const prepare = (): void => {
    if (to === 'lens') void lens.open();
  };
  return (
    <button
      type="button"
      class="plain"
      aria-pressed={view.value === to}
      onPointerEnter={prepare}
      onFocus={prepare}
      onClick={() => (view.value = view.peek() === to ? 'page' : to)}
    >
      {name}
    </button>
  );
}

/** Adapter, tier and tokens a second while training; device, date and version of a recording. */
function useOrigin(): string {
  const { shown } = usePage();
  const { run } = useLive();
  const { origin, kind } = shown.value;
  const status = run.status.value;
  const timing = run.timing.value;
  if (kind !== 'live' || !('opened' in status)) return origin;
  const speed = timing && timing.stepSeconds > 0 ? ` · ${whole(timing.tokens / timing.stepSeconds)} tokens/s` : '';
  return `${origin} · tier ${status.opened.tier}${speed}`;
}
