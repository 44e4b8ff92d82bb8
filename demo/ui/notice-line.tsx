/** What was done, or went wrong, in the page's own line; it goes when it is read. */

import { usePage } from './state/page-state.ts';

export function NoticeLine() {
  const { notice } = usePage();
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
