/** What just happened, in words, at the playhead. */

import { useComputed } from '@preact/signals';
import { narrate } from '../narrator.ts';
import { usePage } from './state/page-state.ts';
import { pairOf, seedsOf } from './state/shown.ts';

export function NarratorLine() {
  const { shown, seed, probe, step, isPlaying, isFollowing } = usePage();
  const sentence = useComputed(() => narrate(pairOf(shown.value, seed.value), probe.value, step.value));
  const seeds = seedsOf(shown.value).length;
  const isComparison = shown.value.tracks.length > 1;
  return (
    <p class="narrator" aria-live={isPlaying.value || isFollowing.value ? 'off' : 'polite'}>
      {sentence}
      {isComparison && <small>{seeds === 1 ? ' One seed each: an anecdote.' : ` Seed ${seed.value}, one of ${seeds}; the charts show all.`}</small>}
    </p>
  );
}
