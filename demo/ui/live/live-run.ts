/** The page's hold on training: one worker at a time, its messages taken into the page's state. */

import { batch, type Signal, signal } from '@preact/signals';
import type { FromLive, FrameTiming, LiveOpened, LiveRequest, ToLive } from '../../data/live.ts';
import { describeProbe } from '../../data/probes.ts';
import type { Track } from '../../data/frame.ts';
import { extend, type PageState, show } from '../state/page-state.ts';
import type { Shown } from '../state/shown.ts';
import { withFrame } from '../state/thin.ts';

export type LiveStatus =
  | { readonly kind: 'idle' }
  | { readonly kind: 'starting' }
  | { readonly kind: 'training' | 'pausing' | 'paused' | 'stopping'; readonly opened: LiveOpened }
  | { readonly kind: 'ended'; readonly opened: LiveOpened; readonly seconds: number; readonly wasStopped: boolean }
  | { readonly kind: 'failed'; readonly message: string; /** What failed was where runs are kept. */ readonly isStorage: boolean };

export interface LiveNote {
  readonly level: 'note' | 'warning' | 'refused';
  readonly message: string;
}

export interface LiveRun {
  readonly status: Signal<LiveStatus>;
  readonly notes: Signal<readonly LiveNote[]>;
  /** Of the last step. */
  readonly timing: Signal<FrameTiming | null>;
  /** Seconds a step has taken lately, measuring and evaluating included. */
  readonly pace: Signal<number>;
  start(request: LiveRequest): void;
  say(message: Exclude<ToLive, { readonly kind: 'start' }>): void;
}

/** Notes kept on the page; a long run may say the same many times. */
const KEPT_NOTES = 6;

export function createLiveRun(page: PageState): LiveRun {
  const signals: LiveSignals = { status: signal({ kind: 'idle' }), notes: signal([]), timing: signal(null), pace: signal(0) };
  const { status, notes, timing, pace } = signals;
  let worker: Worker | null = null;
  let probes: readonly string[] = [];

  const end = (next: LiveStatus): void => {
    worker?.terminate();
    worker = null;
    status.value = next;
  };
  const take = (message: FromLive): void => batch(() => takeIn(message, page, signals, { probes, end }));

  return {
    status,
    notes,
    timing,
    pace,
    start(request) {
      // A recording that plays would keep the processor from the first steps.
      page.isPlaying.value = false;
      worker?.terminate();
      probes = request.probes;
      batch(() => {
        status.value = { kind: 'starting' };
        notes.value = [];
        timing.value = null;
        pace.value = 0;
      });
      const started = new Worker(new URL('../../live/worker.ts', import.meta.url), { type: 'module' });
      worker = started;
      started.addEventListener('message', ({ data }: MessageEvent<FromLive>) => {
        if (worker === started) take(data);
      });
      started.addEventListener('error', ({ message }) => {
        if (worker === started) end(workerStopped(message));
      });
      started.postMessage({ kind: 'start', request } satisfies ToLive);
    },
    say(message) {
      worker?.postMessage(message satisfies ToLive);
      if (message.kind === 'stop') setWhile(status, 'stopping');
      if (message.kind === 'pause' || message.kind === 'step') setWhile(status, 'pausing');
    },
  };
}

type LiveSignals = Pick<LiveRun, 'status' | 'notes' | 'timing' | 'pace'>;

/** What a message of the worker changes on the page. */
function takeIn(
  message: FromLive,
  page: PageState,
  { status, notes, timing, pace }: LiveSignals,
  { probes, end }: { readonly probes: readonly string[]; readonly end: (next: LiveStatus) => void },
): void {
  switch (message.kind) {
    case 'opened':
      status.value = { kind: 'training', opened: message.opened };
      show(page, liveShown(message.opened, probes));
      break;
    case 'began':
      followSeed(page, message.run);
      break;
    case 'frame':
      timing.value = message.timing;
      if (message.frame.step > 0) pace.value = paceAfter(pace.peek(), message.timing);
      addFrame(page, message.run, message.frame);
      break;
    case 'changed':
      relabel(page, message);
      break;
    case 'note':
      if (notes.peek().at(-1)?.message !== message.message) notes.value = [...notes.peek(), message].slice(-KEPT_NOTES);
      break;
    case 'paused':
    case 'continued':
      // A run that was stopped while it waited goes on only to save.
      if (status.peek().kind !== 'stopping') setWhile(status, message.kind === 'paused' ? 'paused' : 'training');
      break;
    case 'trackEnded':
      break;
    case 'ended':
      end(endedAfter(status.peek(), message.seconds));
      break;
    case 'failed':
      end(failedWith(message.error));
      break;
  }
}

function setWhile(status: Signal<LiveStatus>, kind: 'training' | 'paused' | 'pausing' | 'stopping'): void {
  const now = status.peek();
  if ('opened' in now && now.kind !== 'ended') status.value = { kind, opened: now.opened };
}

function endedAfter(now: LiveStatus, seconds: number): LiveStatus {
  return 'opened' in now ? { kind: 'ended', opened: now.opened, seconds, wasStopped: now.kind === 'stopping' } : { kind: 'idle' };
}

/** A running mean over about ten steps. */
function paceAfter(pace: number, { stepSeconds, measureSeconds }: FrameTiming): number {
  const now = stepSeconds + measureSeconds;
  return pace === 0 ? now : 0.9 * pace + 0.1 * now;
}

function failedWith({ kind, message }: { readonly kind: string; readonly message: string }): LiveStatus {
  return { kind: 'failed', message, isStorage: kind === 'DataError' && /storage|quota|disk|tab trains/i.test(message) };
}

function workerStopped(reason: string): LiveStatus {
  const message = `The worker that trains stopped: ${reason || 'its script did not load'}. What was saved is intact; train again, or reload the page.`;
  return { kind: 'failed', message, isStorage: false };
}

function liveShown({ adapter, tracks }: LiveOpened, probes: readonly string[]): Shown {
  const where = adapter.kind === 'software' ? `${adapter.name}, software: your processor, not a GPU` : adapter.name;
  return {
    kind: 'live',
    origin: `Training here on ${where}`,
    label: null,
    probes: probes.map(describeProbe),
    tracks: tracks.map((info): Track => ({ info, frames: [] })),
    frozen: null,
  };
}

function addFrame(page: PageState, run: number, frame: Track['frames'][number]): void {
  const shown = page.shown.peek();
  if (shown.kind !== 'live') return;
  const tracks = shown.tracks.map((track, i) => (i === run ? { ...track, frames: withFrame(track.frames, frame) } : track));
  extend(page, { ...shown, tracks });
}

/** A run goes on as another variant: it is called so from then on, and the step is marked. */
function relabel(page: PageState, { run, step, label }: Extract<FromLive, { readonly kind: 'changed' }>): void {
  const shown = page.shown.peek();
  if (shown.kind !== 'live') return;
  const relabelled = ({ info, frames }: Track): Track => {
    const changes = [...(info.changes ?? []).filter((change) => change.step !== step), ...(step > 0 ? [{ step, label }] : [])];
    return { info: { ...info, label, changes }, frames };
  };
  page.shown.value = { ...shown, tracks: shown.tracks.map((track, i) => (i === run ? relabelled(track) : track)) };
}

/** The rivers go to the seed whose turn it is, unless someone looks back. */
function followSeed(page: PageState, run: number): void {
  const { shown, isFollowing, seed, head, furthest } = page;
  const info = shown.peek().tracks[run]?.info;
  if (!info || !isFollowing.peek() || info.seed === seed.peek()) return;
  seed.value = info.seed;
  head.value = 0;
  furthest.value = 0;
}
