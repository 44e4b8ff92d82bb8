/** Colours of the page's tokens as a canvas takes them, which knows neither variables nor themes. */

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

/** Asks the browser what a CSS colour is where the element stands. */
export function resolvedColour(element: Element, css: string): string {
  const probe = document.createElement('span');
  probe.style.color = css;
  element.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}

/** Counts the changes of theme, by the button or by the system. */
export function useThemeCount(): number {
  const count = useSignal(0);
  useEffect(() => {
    const turn = (): void => void count.value++;
    const system = matchMedia('(prefers-color-scheme: dark)');
    system.addEventListener('change', turn);
    const observer = new MutationObserver(turn);
    observer.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    return () => {
      system.removeEventListener('change', turn);
      observer.disconnect();
    };
  }, []);
  return count.value;
}
