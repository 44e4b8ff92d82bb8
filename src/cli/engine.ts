/** What the command line asks of the engine. `engine-node.ts` answers with the real one; tests answer with a stand-in. */

import type { DataView } from '../recipe/data-view.ts';
import type { Answer, Question } from '../recipe/ask.ts';
import type { Exported, ExportRequest } from '../recipe/export.ts';
import type { ExportTarget } from '../recipe/export-place-node.ts';
import type { Recipe } from '../recipe/recipe.ts';
import type { CompletionSample, Metrics, RunObserver, TrainSummary } from '../trainer/observer.ts';
import type { RunStore } from '../trainer/run-store.ts';

export interface TrainServices {
  /** As in `recipe.adapter`. */
  readonly adapter: string;
  readonly store: RunStore;
  readonly attempt: number;
  readonly observer: RunObserver;
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal;
}

export interface EvaluateServices {
  readonly adapter: string;
  readonly observer: RunObserver;
}

export interface SampleRequest {
  readonly adapter: string;
  /** Null takes the first held-out (or training) prompts. */
  readonly prompt: string | null;
  readonly prompts: number;
  /** Instead of the recipe's; 0 takes the likeliest token. */
  readonly temperature?: number;
}

export interface ExportServices extends ExportRequest {
  readonly adapter: string;
  readonly target: ExportTarget;
}

/** Bytes of one part of a run. */
export interface PlannedPart {
  readonly part: string;
  readonly bytes: number;
}

/** Bytes of the whole run under another setting. */
export interface PlannedChange {
  readonly change: string;
  readonly weights: number;
  readonly total: number;
}

export interface Engine {
  train(recipe: Recipe, services: TrainServices): Promise<TrainSummary>;
  /** One evaluation of the weights the recipe names, without training. */
  evaluate(recipe: Recipe, services: EvaluateServices): Promise<Metrics>;
  sample(recipe: Recipe, request: SampleRequest): Promise<readonly CompletionSample[]>;
  /** Writes the policy for other tools, and reads it back. */
  export(recipe: Recipe, request: ExportServices): Promise<Exported>;
  /** A model's answers to one question, without a recipe. */
  ask(question: Question, place: { readonly adapter: string }): Promise<readonly Answer[]>;
  /** How prompts meet the model, without a device. */
  viewData(recipe: Recipe): Promise<DataView>;
  /** Bytes by part, without a device. */
  plan(recipe: Recipe): Promise<readonly PlannedPart[]>;
  /** Bytes under other settings. */
  planChanges(recipe: Recipe): Promise<readonly PlannedChange[]>;
  doctor(options: { readonly adapter?: string; readonly json: boolean }, out: { write(line: string): void }): Promise<number>;
}
