/** The tour: a caption over the page that walks through its five stops. Arrows and Enter go on and back, Escape ends it. */

import '../../style/tour.css';
import { useEffect, useRef } from 'preact/hooks';
import { moveTo, usePage } from '../state/page-state.ts';
import { lastStep } from '../state/shown.ts';
import { STOPS } from './stops.ts';

/** Tries so often for a place whose view is still loading. */
const TRIES = 40;
const TRY_MS = 100;

export function Tour() {
  const page = usePage();
  const { tour, shown, seed, view, isPlaying } = page;
  const panel = useRef<HTMLDivElement>(null);
  const place = tour.value;
  useEffect(() => {
    if (place === null) return;
    const stop = STOPS[place]!;
    view.value = stop.view;
    if (stop.at !== null) {
      isPlaying.value = false;
      moveTo(page, stop.at * lastStep(shown.peek(), seed.peek()));
    }
    panel.current?.focus({ preventScroll: true });
    return pointAt(stop.target);
  }, [place, shown.value.kind]);
  if (place === null) return null;
  const { title, words } = STOPS[place]!;
  const go = (to: number): void => {
    tour.value = to >= STOPS.length || to < 0 ? null : to;
  };
  return (
    <div
      class="tour"
      ref={panel}
      tabIndex={-1}
      role="dialog"
      aria-labelledby="tour-title"
      onKeyDown={({ key, target }) => {
        if (key === 'Escape') tour.value = null;
        else if (key === 'ArrowRight') go(place + 1);
        else if (key === 'ArrowLeft' && place > 0) go(place - 1);
        else if (key === 'Enter' && target === panel.current) go(place + 1);
      }}
    >
      <h2 id="tour-title">
        <span class="figures soft">
          {place + 1}/{STOPS.length}
        </span>{' '}
        {title}
      </h2>
      <p>{words(shown.value, seed.value)}</p>
      <div class="tour-steps">
        <button type="button" class="plain" onClick={() => (tour.value = null)}>
          End
        </button>
        <button type="button" class="plain" disabled={place === 0} onClick={() => go(place - 1)}>
          Back
        </button>
        <button type="button" class="main" onClick={() => go(place + 1)}>
          {place === STOPS.length - 1 ? 'Done' : `Next: ${STOPS[place + 1]!.title}`}
        </button>
      </div>
    </div>
  );
}

/** Marks what a stop is about and brings it into sight, as soon as it is on the page. Returns how to unmark it. */
function pointAt(target: string): () => void {
  let marked: Element | null = null;
  let tries = 0;
  const look = (): void => {
    marked = document.querySelector(target);
    if (marked) {
      marked.classList.add('pointed');
      marked.scrollIntoView({ block: 'center', behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth' });
    }
    if (marked || ++tries >= TRIES) clearInterval(timer);
  };
  const timer = setInterval(look, TRY_MS);
  return () => {
    clearInterval(timer);
    marked?.classList.remove('pointed');
  };
}
