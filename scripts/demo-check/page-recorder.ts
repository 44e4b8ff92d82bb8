/**
 * Runs in the page before the page's own code, and writes down what happens there: what its workers are told and say, and how long its own
 * handlers take. The page does not know of it.
 */

import type { FromLive, ToLive } from '../../demo/data/live.ts';
import type { TokenBatch } from '../../demo/data/frame.ts';

/** A step as the page was told of it. Times are milliseconds of the page's clock. */
export interface SeenStep {
  readonly run: number;
  readonly step: number;
  readonly at: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly stepSeconds: number;
  readonly measureSeconds: number;
  readonly deviceBytes: number;
}

export interface SeenHandler {
  /** `click`, `message`, `frame` for an animation frame, … */
  readonly kind: string;
  /** With the rendering it caused. */
  readonly milliseconds: number;
}

export interface Recorder {
  steps: SeenStep[];
  handlers: SeenHandler[];
  /** All but steps. */
  readonly said: Exclude<FromLive, { readonly kind: 'frame' }>[];
  readonly asked: ToLive[];
  /** When the playhead of the recorded run had moved. */
  movedAt: number | null;
  /** The last click. */
  clickedAt: number | null;
  /** How far things moved that nobody had touched: the sum of the browser's layout-shift scores. */
  shifted: number;
  /** By `run/step`; only where the page was opened to keep them, for they are large. */
  readonly batches: Map<string, TokenBatch>;
}

declare global {
  var recorder: Recorder;
}

export interface RecorderOptions {
  /** Keep the tokens of every step. */
  readonly keepsTokens?: boolean;
}

type Listener = EventListenerOrEventListenerObject;

/** Begins. What is measured is measured by the page's clock. */
export function startRecording(options: RecorderOptions): void {
  const recorder: Recorder = { steps: [], handlers: [], said: [], asked: [], movedAt: null, clickedAt: null, shifted: 0, batches: new Map() };
  globalThis.recorder = recorder;
  const animate = globalThis.requestAnimationFrame.bind(globalThis);
  watchPlayhead(recorder, animate);
  addEventListener('click', () => (recorder.clickedAt = performance.now()), true);
  watchLayout(recorder);
  timeHandlers(recorder, animate);
  watchWorkers(recorder, options);
}

function watchPlayhead(recorder: Recorder, animate: typeof requestAnimationFrame): void {
  const look = (): void => {
    const playhead = document.querySelector<HTMLInputElement>('.timeline input');
    if (playhead && Number(playhead.value) > 0 && document.querySelector('.river path')) recorder.movedAt = performance.now();
    else animate(look);
  };
  animate(look);
}

interface LayoutShift extends PerformanceEntry {
  readonly value: number;
  readonly hadRecentInput: boolean;
}

function watchLayout(recorder: Recorder): void {
  const take = (entries: PerformanceObserverEntryList): void => {
    for (const { value, hadRecentInput } of entries.getEntries() as LayoutShift[]) if (!hadRecentInput) recorder.shifted += value;
  };
  new PerformanceObserver(take).observe({ type: 'layout-shift', buffered: true });
}

/** Times every listener and every animation frame until what it queued is done: rendering is. */
function timeHandlers({ handlers }: Recorder, animate: typeof requestAnimationFrame): void {
  const timed = (kind: string, began: number): void => queueMicrotask(() => handlers.push({ kind, milliseconds: performance.now() - began }));
  const wrappers = new WeakMap<Listener, EventListener>();
  const wrapped = (listener: Listener): EventListener => {
    const known = wrappers.get(listener);
    if (known) return known;
    const made = function (this: unknown, event: Event): void {
      const began = performance.now();
      if (typeof listener === 'function') listener.call(this as EventTarget, event);
      else listener.handleEvent(event);
      timed(event.type, began);
    };
    wrappers.set(listener, made);
    return made;
  };
  const { addEventListener: add, removeEventListener: remove } = EventTarget.prototype;
  EventTarget.prototype.addEventListener = function (kind, listener, options) {
    add.call(this, kind, listener && wrapped(listener), options);
  };
  EventTarget.prototype.removeEventListener = function (kind, listener, options) {
    remove.call(this, kind, listener && (wrappers.get(listener) ?? listener), options);
  };
  globalThis.requestAnimationFrame = (callback) =>
    animate((now) => {
      const began = performance.now();
      callback(now);
      timed('frame', began);
    });
}

/** The lens's worker is left alone: what it is told is large. */
function watchWorkers(recorder: Recorder, { keepsTokens = false }: RecorderOptions): void {
  const Native = globalThis.Worker;
  globalThis.Worker = class extends Native {
    readonly #isWatched: boolean;

    constructor(url: string | URL, options?: WorkerOptions) {
      super(url, options);
      this.#isWatched = !String(url).includes('lens');
      if (!this.#isWatched) return;
      Native.prototype.addEventListener.call(this, 'message', (event) => {
        const { data } = event as MessageEvent<FromLive>;
        if (data.kind !== 'frame') recorder.said.push(data);
        else recordStep(recorder, data, keepsTokens);
      });
    }

    override postMessage(message: ToLive): void {
      if (this.#isWatched) recorder.asked.push(message);
      super.postMessage(message);
    }
  };
}

function recordStep(recorder: Recorder, { run, frame, timing }: Extract<FromLive, { readonly kind: 'frame' }>, keepsTokens: boolean): void {
  const { step, metrics, tokens } = frame;
  const { stepSeconds, measureSeconds, deviceBytes } = timing;
  recorder.steps.push({ run, step, at: performance.now(), metrics, stepSeconds, measureSeconds, deviceBytes });
  if (keepsTokens && tokens) recorder.batches.set(`${run}/${step}`, tokens);
}
