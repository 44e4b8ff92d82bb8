/**
 * What the page and the worker that trains here say to each other. The worker is demo/live/worker.ts:
 *
 *     const worker = new Worker(new URL('../live/worker.ts', import.meta.url), { type: 'module' });
 *
 *   page → worker    start · pause · step · continue · change · watch · stop
 *   worker → page    opened · began · frame · changed · note · paused · continued · trackEnded · ended · failed
 *
 * Runs take turns, a step each; a comparison over three seeds trains A and B of one seed, then of the next. All messages are plain data.
 */

import type { BrowserAdapter, PageFilesOptions, PlainError, Tier } from '../../src/browser.ts';
import type { Frame, TrackInfo } from './frame.ts';

/** One side of a comparison. */
export interface LiveSide {
  readonly side: 'A' | 'B';
  readonly label: string;
  /** A recipe of a built-in task, YAML. Its seed is replaced by each of the request's seeds. */
  readonly recipeText: string;
  /** `key=value`, applied after the text. */
  readonly overrides?: readonly string[];
  /** A weight of one's own in place of the recipe's policy term: an expression of demo/lens/expression.ts. */
  readonly weight?: string;
}

export interface LiveRequest {
  /** One side, or two that are compared. */
  readonly sides: readonly LiveSide[];
  readonly seeds: readonly number[];
  /** Prompts whose rivers are measured, as the policy reads them. */
  readonly probes: readonly string[];
  /** The probe on the page, by place: it is measured most often. */
  readonly watched: number;
  /** `stored`: runs are kept in the browser's private file system. `memory`: they end with the tab. */
  readonly keep: 'stored' | 'memory';
  /** Keep earlier runs of the same names aside and start over; otherwise they go on. */
  readonly fresh: boolean;
  /** Where model files are found. */
  readonly files: PageFilesOptions;
  readonly tier?: Tier;
}

export type ToLive =
  | { readonly kind: 'start'; readonly request: LiveRequest }
  /** `step`: every run whose turn it is takes one step, then all wait again. */
  | { readonly kind: 'pause' | 'step' | 'continue' | 'stop' }
  | { readonly kind: 'watch'; readonly probe: number }
  /** Takes effect at the side's next step: `optim.lr=1e-4`, `algorithm.entropy_target.target=0.8`, `algorithm.clip_cov=null`. Keys of algorithm and optim.lr alone. */
  | { readonly kind: 'change'; readonly side: 'A' | 'B'; readonly label?: string; readonly overrides: readonly string[]; readonly weight?: string | null };

/** The runs of a request, in the order A, B of the first seed, A, B of the second, …; `run` in a message is an index into them. */
export interface LiveOpened {
  readonly adapter: BrowserAdapter;
  readonly tier: Tier;
  readonly tracks: readonly TrackInfo[];
  /** For people: where each run is kept; null in memory. */
  readonly places: readonly (string | null)[];
}

export type FromLive =
  | { readonly kind: 'opened'; readonly opened: LiveOpened }
  /** A run's turn has come for the first time: it goes on after `step` (0: from the start). */
  | { readonly kind: 'began'; readonly run: number; readonly step: number }
  | { readonly kind: 'frame'; readonly run: number; readonly frame: Frame; readonly timing: FrameTiming }
  /** A change took effect: from `step` on the run is what `label` says. */
  | { readonly kind: 'changed'; readonly run: number; readonly step: number; readonly label: string }
  /** For people. `refused`: a change or setting that did not take effect, and why. */
  | { readonly kind: 'note'; readonly run: number | null; readonly level: 'note' | 'warning' | 'refused'; readonly message: string }
  | { readonly kind: 'paused' | 'continued' }
  | { readonly kind: 'trackEnded'; readonly run: number; readonly stopped: 'done' | 'interrupted'; readonly step: number }
  | { readonly kind: 'ended'; readonly seconds: number; readonly deviceBytes: number }
  /** Nothing more will come. What was kept is intact. */
  | { readonly kind: 'failed'; readonly error: PlainError };

export interface FrameTiming {
  /** Wall time of the step and, beside it, of measuring rivers and evaluating. */
  readonly stepSeconds: number;
  readonly measureSeconds: number;
  /** Tokens sampled in the step. */
  readonly tokens: number;
  readonly deviceBytes: number;
}
