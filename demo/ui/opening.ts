/** What the page opens with. */
import type { Recording } from '../data/recording.ts';
import { createPageState, moveTo, type PageState } from './state/page-state.ts';
import { lastStep, type Shown } from './state/shown.ts';

export async function openingState(): Promise<PageState> {
  const response = await fetch('./scratch.json');
  const recording = (await response.json()) as Recording;
  const state = createPageState(shownRecording(recording));
  if (matchMedia('(prefers-reduced-motion: reduce)').matches) moveTo(state, lastStep(state.shown.peek()));
  else state.isPlaying.value = true;
  return state;
}

export function shownRecording({ label, probes, tracks, frozen }: Recording): Shown {
  const date = label.date.slice(0, 10);
  return { kind: 'recorded', origin: `Recorded on ${label.device}, ${date}, version ${label.version}`, label, probes, tracks, frozen };
}
