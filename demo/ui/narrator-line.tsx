/** What just happened, in words, at the playhead. */

import { useComputed } from '@preact/signals';
import { OVER_SEEDS } from '../data/over-seeds.ts';
import { narrate } from '../narrator.ts';
import { decimals } from './figures.ts';
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
      {shown.value.kind === 'recorded' && isComparison && <small class="over-seeds">{overSeeds()}</small>}
    </p>
  );
}

/** The recorded pair, measured with more seeds than it shows. */
function overSeeds(): string {
  const { seeds, a, b } = OVER_SEEDS;
  return ` Over ${seeds} seeds, late: answers alive ${decimals(b.alive, 1)} against ${decimals(a.alive, 1)}, mean@1 ${decimals(b.right)} against ${decimals(a.right)}.`;
}
