/** The page's beginning: it is drawn at once, a recorded run is fetched and plays; everything else comes when it is asked for. */

import { render } from 'preact';
import { createChoices } from './ui/live/choices.ts';
import { createLiveRun } from './ui/live/live-run.ts';
import { openRecording } from './ui/opening.ts';
import { Page } from './ui/page.tsx';
import { connectRoute } from './ui/route.ts';
import { createPageState } from './ui/state/page-state.ts';
import { EMPTY } from './ui/state/shown.ts';
import { restoreTheme } from './ui/theme.tsx';

restoreTheme();
const state = createPageState(EMPTY);
connectRoute(state);
const live = { choices: createChoices(), run: createLiveRun(state) };
render(<Page state={state} live={live} />, document.querySelector('#page')!);
await openRecording(state);
