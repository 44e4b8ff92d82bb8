/** The playhead: play, pause and rewind. Rivers, numbers, charts and completions all follow it. */

import { useComputed, useSignalEffect } from '@preact/signals';
import { moveTo, type PageState, usePage } from './state/page-state.ts';
import { commonStep, lastStep, stepsOf } from './state/shown.ts';
import { useDerived } from './use-derived.ts';

/** A whole recording plays in this time. */
const PLAY_MS = 11_000;

export function Timeline() {
  const page = usePage();
  const { shown, head, step, seed, isPlaying } = page;
  usePlayback(page);
  const steps = stepsOf(shown.value);
  const counted = useDerived(() => `step ${step.value} / ${steps}`, [steps]);
  const isAtEnd = useComputed(() => head.value >= lastStep(shown.value, seed.value));
  const canFollow = shown.value.kind === 'live' && !page.isFollowing.value;
  const toggle = (): void => {
    if (canFollow) return moveTo(page, commonStep(shown.peek(), seed.peek()));
    if (!isPlaying.peek() && isAtEnd.peek()) moveTo(page, 0);
    isPlaying.value = !isPlaying.peek();
  };
  return (
    <div class="timeline">
      <input
        type="range"
        class="rewind"
        min="0"
        max={steps}
        step="1"
        value={step}
        aria-label="Step"
        aria-valuetext={counted}
        onInput={({ currentTarget }) => {
          isPlaying.value = false;
          moveTo(page, Number(currentTarget.value));
        }}
      />
      <button
        type="button"
        class="round"
        onClick={toggle}
        aria-label={canFollow ? 'Back to the newest step' : isPlaying.value ? 'Pause' : 'Play'}
        title={canFollow ? 'Back to the newest step' : undefined}
      >
        <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
          <path d={canFollow ? 'M2 2l9 6-9 6zM12 2h2v12h-2z' : isPlaying.value ? 'M4 2h3v12H4zM9 2h3v12H9z' : 'M4 2l10 6-10 6z'} />
        </svg>
      </button>
      <output class="figures" aria-hidden="true">
        {step}
        <span>/{steps}</span>
      </output>
    </div>
  );
}

/** Moves the head with time while it plays; training moves it otherwise. */
function usePlayback(page: PageState): void {
  useSignalEffect(() => {
    if (!page.isPlaying.value) return;
    let before = performance.now();
    let request = requestAnimationFrame(function tick(now) {
      // Effects end a frame late: whoever has taken the playhead keeps it.
      if (!page.isPlaying.peek()) return;
      const shown = page.shown.peek();
      // A tab that was hidden does not leap ahead.
      const passed = Math.min(now - before, 100) * (stepsOf(shown) / PLAY_MS);
      before = now;
      moveTo(page, page.head.peek() + passed);
      if (page.head.peek() >= lastStep(shown, page.seed.peek())) page.isPlaying.value = false;
      else request = requestAnimationFrame(tick);
    });
    return () => cancelAnimationFrame(request);
  });
}
