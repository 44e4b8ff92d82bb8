/** The page's state: signals, and the few things that change them. One object, handed down; nothing here knows the DOM. */

import { batch, computed, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { type OneAFrame, oneAFrame } from './one-a-frame.ts';
import { commonStep, lastStep, seedsOf, type Shown } from './shown.ts';

export const VIEWS = ['page', 'lens', 'recipe'] as const;
export type View = (typeof VIEWS)[number];

export interface PageState {
  readonly shown: Signal<Shown>;
  /** Where the playhead stands; between two steps while it moves. */
  readonly head: Signal<number>;
  /** The step at the playhead. */
  readonly step: ReadonlySignal<number>;
  readonly isPlaying: Signal<boolean>;
  /** The head goes along with training. */
  readonly isFollowing: Signal<boolean>;
  /** The furthest the head has been: what lies beyond is not given away. */
  readonly furthest: Signal<number>;
  readonly probe: Signal<number>;
  readonly seed: Signal<number>;
  readonly view: Signal<View>;
  /** The stop of the tour one stands at; null outside it. */
  readonly tour: Signal<number | null>;
  /** A message in place of, or beside, the narrator: what went wrong, or was done. */
  readonly notice: Signal<Notice | null>;
  /** The large parts of the page, waiting to be drawn. */
  readonly drawing: OneAFrame;
}

export interface Notice {
  readonly level: 'note' | 'warning';
  readonly text: string;
}

/** @param animate calls before the next frame, as requestAnimationFrame does */
export function createPageState(first: Shown, animate: (next: () => void) => void): PageState {
  const head = signal(0);
  return {
    shown: signal(first),
    head,
    step: computed(() => Math.floor(head.value + 1e-6)),
    isPlaying: signal(false),
    isFollowing: signal(false),
    furthest: signal(0),
    probe: signal(0),
    seed: signal(seedsOf(first)[0] ?? 0),
    view: signal<View>('page'),
    tour: signal<number | null>(null),
    notice: signal<Notice | null>(null),
    drawing: oneAFrame(animate),
  };
}

/** Moves the playhead; what it passed stays visible behind it. */
export function moveTo({ head, furthest, shown, seed, isFollowing }: PageState, place: number): void {
  const last = lastStep(shown.peek(), seed.peek());
  const to = Math.min(Math.max(0, place), last);
  batch(() => {
    head.value = to;
    if (to > furthest.peek()) furthest.value = to;
    isFollowing.value = shown.peek().kind === 'live' && to >= commonStep(shown.peek(), seed.peek());
  });
}

/** Puts another pair on the page, from its beginning. */
export function show(state: PageState, shown: Shown, { play = false } = {}): void {
  batch(() => {
    state.shown.value = shown;
    state.seed.value = seedsOf(shown)[0] ?? 0;
    state.furthest.value = 0;
    state.probe.value = Math.min(state.probe.peek(), Math.max(0, shown.probes.length - 1));
    state.head.value = 0;
    state.isPlaying.value = play;
    state.isFollowing.value = shown.kind === 'live';
  });
}

/** Takes in what a run that trains has added; the head goes along unless someone has moved it back. */
export function extend(state: PageState, shown: Shown): void {
  batch(() => {
    state.shown.value = shown;
    if (!state.isFollowing.peek()) return;
    const newest = commonStep(shown, state.seed.peek());
    state.head.value = newest;
    state.furthest.value = Math.max(state.furthest.peek(), newest);
  });
}

const PageContext = createContext<PageState | null>(null);

export const PageStateProvider = PageContext.Provider;

export function usePage(): PageState {
  const state = useContext(PageContext);
  if (!state) throw new Error('page: expected a component inside PageStateProvider, got one outside.');
  return state;
}
