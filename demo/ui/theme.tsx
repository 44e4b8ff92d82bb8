/** Light, dark, or as the system has it. */

import { useSignal } from '@preact/signals';

const THEMES = ['system', 'light', 'dark'] as const;
type Theme = (typeof THEMES)[number];
const KEY = 'entrain.theme';

/** Puts the theme of an earlier visit on the page. */
export function restoreTheme(): void {
  apply(stored());
}

export function ThemeButton() {
  const theme = useSignal(stored());
  const next = (): void => {
    theme.value = THEMES[(THEMES.indexOf(theme.peek()) + 1) % THEMES.length]!;
    apply(theme.peek());
    keep(theme.peek());
  };
  return (
    <button type="button" class="plain icon" onClick={next} aria-label={`Theme: ${theme.value}`} title={`Theme: ${theme.value}`}>
      <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
        <circle cx="8" cy="8" r="6.25" fill="none" stroke="currentColor" stroke-width="1.5" />
        <path d="M8 1.75a6.25 6.25 0 0 1 0 12.5z" fill="currentColor" />
      </svg>
    </button>
  );
}

function apply(theme: Theme): void {
  document.documentElement.dataset['theme'] = theme;
}

/** A browser may deny its storage; the theme is then the system's. */
function stored(): Theme {
  try {
    return THEMES.find((theme) => theme === localStorage.getItem(KEY)) ?? 'system';
  } catch {
    return 'system';
  }
}

function keep(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // The choice then lasts as long as the page.
  }
}
