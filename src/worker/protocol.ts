/**
 * What page and worker say to each other: plain data, so that a page needs neither the engine nor a GPU object.
 *
 *   page → worker    start · pause · continue · stop
 *   worker → page    opened · told (what a run tells its observers) · paused · continued · ended · failed
 */

import type { RecipeIssue } from '../base/errors.ts';
import type { BrowserAdapter } from '../gpu/open-device-browser.ts';
import type { Tier } from '../gpu/traits.ts';
import type { PageFilesOptions } from '../recipe/page-files.ts';
import type { Recipe } from '../recipe/recipe.ts';
import type { RunObserver, TrainSummary } from '../trainer/observer.ts';

/** One run, as a page asks for it. */
export interface RunRequest {
  /** Complete and checked; `readRecipe` makes it. */
  readonly recipe: Recipe;
  /** The recipe as it was written, and complete with origins: kept in the run folder, and compared when the run is resumed. */
  readonly recipeText: string;
  readonly resolvedText: string;
  /** `stored`: in the browser's private file system, under `<run.dir>/<project>/<name>`. `memory`: nowhere; the run ends with the tab. */
  readonly keep: 'stored' | 'memory';
  /** Keep an earlier run of this name aside and start over. */
  readonly fresh: boolean;
  readonly files: PageFilesOptions;
  /** Forces the kernel forms of a tier; the default follows from the adapter. */
  readonly tier?: Tier;
}

/** What a page says to its worker. */
export type ToWorker = { readonly kind: 'start'; readonly request: RunRequest } | { readonly kind: 'pause' | 'continue' | 'stop' };

/** The calls of an observer that cross to the page. */
export type ToldName = Exclude<keyof RunObserver, 'bookmark'>;
export type Told = { readonly [K in ToldName]: { readonly kind: 'told'; readonly event: K; readonly values: Parameters<RunObserver[K]> } }[ToldName];

/** What a run opened before its first step. */
export interface OpenedRun {
  readonly adapter: BrowserAdapter;
  readonly tier: Tier;
  readonly attempt: number;
  /** For people: where the run is kept. */
  readonly place: string;
}

/** An error as it crosses: its kind is the name of one of ours, or of another. */
export interface PlainError {
  readonly kind: string;
  readonly message: string;
  readonly issues?: readonly RecipeIssue[];
}

/** What the worker says to its page. */
export type FromWorker =
  | { readonly kind: 'opened'; readonly opened: OpenedRun }
  | Told
  /** The run waits; `step` is the last that was done. */
  | { readonly kind: 'paused'; readonly step: number }
  | { readonly kind: 'continued' }
  | { readonly kind: 'ended'; readonly summary: TrainSummary }
  | { readonly kind: 'failed'; readonly error: PlainError };
