/** What the page opens with: the recorded pair, playing. */

import type { Recording } from '../data/recording.ts';
import { moveTo, type PageState, show } from './state/page-state.ts';
import { lastStep, type Shown } from './state/shown.ts';

/** Fetches the recording and plays it; where motion is unwelcome it stands at its end. */
export async function openRecording(state: PageState): Promise<void> {
  try {
    const response = await fetch('./scratch.json');
    const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches;
    show(state, shownRecording((await response.json()) as Recording), { play: !isStill });
    if (isStill) moveTo(state, lastStep(state.shown.peek(), state.seed.peek()));
  } catch (error) {
    state.notice.value = { level: 'warning', text: `The recorded run did not load: ${error instanceof Error ? error.message : String(error)} Training here still works; reload to try again.` };
  }
}

export function shownRecording({ label, probes, tracks, frozen }: Recording): Shown {
  const date = new Date(label.date).toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' });
  return { kind: 'recorded', origin: `A recorded run: ${label.device}, ${date}, version ${label.version}`, label, probes, tracks, frozen };
}
