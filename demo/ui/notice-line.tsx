/** What was done, or went wrong, in the page's own line; it goes when it is read. */

import { useSignalEffect } from '@preact/signals';
import { usePage } from './state/page-state.ts';

/** A note goes by itself after so long; a warning waits to be closed. */
const NOTE_MS = 9000;

export function NoticeLine() {
  const { notice } = usePage();
  useSignalEffect(() => {
    const shown = notice.value;
    if (shown?.level !== 'note') return;
    const timer = setTimeout(() => {
      if (notice.peek() === shown) notice.value = null;
    }, NOTE_MS);
    return () => clearTimeout(timer);
  });
  if (!notice.value) return null;
  const { level, text } = notice.value;
  return (
    <p class={level === 'warning' ? 'notice trouble' : 'notice'} role={level === 'warning' ? 'alert' : 'status'}>
      {text}
      <button type="button" class="plain" onClick={() => (notice.value = null)}>
        Close
      </button>
    </p>
  );
}
