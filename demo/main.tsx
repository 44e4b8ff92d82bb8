/** The page's beginning: a recorded run is fetched and plays; everything else comes when it is asked for. */

import { render } from 'preact';
import { Page } from './ui/page.tsx';
import { openingState } from './ui/opening.ts';
import { restoreTheme } from './ui/theme.tsx';

restoreTheme();
const root = document.querySelector('#page')!;
render(<Page state={await openingState()} />, root);
