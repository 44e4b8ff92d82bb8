/** The top line: whose page this is, where the numbers come from, and the ways elsewhere. */

import { usePage } from './state/page-state.ts';
import { ThemeButton } from './theme.tsx';

export function Header() {
  const { shown, view } = usePage();
  const { origin, kind } = shown.value;
  return (
    <header class="top">
      <h1>Entrain</h1>
      <p class={`origin ${kind}`}>{origin}</p>
      <nav aria-label="Views">
        <button type="button" class="plain" aria-pressed={view.value === 'lens'} onClick={() => (view.value = view.peek() === 'lens' ? 'page' : 'lens')}>
          Lens
        </button>
        <ThemeButton />
      </nav>
    </header>
  );
}
