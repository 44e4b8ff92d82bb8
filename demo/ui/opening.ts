/** What the page opens with: the recorded pair, playing. */

import { DataError } from '../../src/index.ts';
import { decodeRecording } from '../data/recording-file.ts';
import { DEFAULT_RECORDING, type Recording } from '../data/recording.ts';
import { moveTo, type PageState, show } from './state/page-state.ts';
import { lastStep, type Shown } from './state/shown.ts';

/** Fetches the recording and plays it; where motion is unwelcome it stands at its end. */
export async function openRecording(state: PageState): Promise<void> {
  try {
    const recording = await fetchRecording();
    const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches;
    show(state, shownRecording(recording), { play: !isStill });
    if (isStill) moveTo(state, lastStep(state.shown.peek(), state.seed.peek()));
  } catch (error) {
    state.notice.value = {
      level: 'warning',
      text: `The recorded run did not load. ${error instanceof Error ? error.message : String(error)} Training here does not need it.`,
    };
  }
}

async function fetchRecording(): Promise<Recording> {
  const response = await fetch(DEFAULT_RECORDING);
  if (!response.ok) throw new DataError(`${DEFAULT_RECORDING}: expected a file, got status ${response.status}. Reload the page.`);
  return decodeRecording(new Uint8Array(await response.arrayBuffer()));
}

export function shownRecording({ label, probes, tracks, frozen }: Recording): Shown {
  const date = new Date(label.date).toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' });
  return { kind: 'recorded', origin: `A recorded run: ${label.device}, ${date}, version ${label.version}`, label, probes, tracks, frozen };
}
