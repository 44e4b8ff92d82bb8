/** The page's beginning: it is drawn at once, a recorded run is fetched and plays; everything else comes when it is asked for. */

import { effect } from '@preact/signals';
import { render } from 'preact';
import { createLensHold } from './ui/lens/lens-hold.ts';
import { createChoices } from './ui/live/choices.ts';
import { createLiveRun } from './ui/live/live-run.ts';
import { openRecording } from './ui/opening.ts';
import { Page } from './ui/page.tsx';
import { connectRoute } from './ui/route.ts';
import { createPageState } from './ui/state/page-state.ts';
import { isRunFragment } from './ui/share/fragment.ts';
import { EMPTY } from './ui/state/shown.ts';
import { restoreTheme } from './ui/theme.tsx';

restoreTheme();
const state = createPageState(EMPTY, requestAnimationFrame);
connectRoute(state);
const live = { choices: createChoices(), run: createLiveRun(state), lens: createLensHold() };
effect(() => live.run.say({ kind: 'watch', probe: state.probe.value }));
render(<Page state={state} live={live} />, document.querySelector('#page')!);
await Promise.all([openRecording(state), followLink()]);

/** A link that someone sent sets the controls; one that is wrong is said to be, and nothing of it is used. */
async function followLink(): Promise<void> {
  const fragment = location.hash.slice(1);
  if (!isRunFragment(fragment)) return;
  try {
    const { openLink } = await import('./ui/share/copy-link.ts');
    state.notice.value = { level: 'note', text: await openLink(live, fragment) };
  } catch (error) {
    state.notice.value = { level: 'warning', text: error instanceof Error ? error.message : String(error) };
  }
}
