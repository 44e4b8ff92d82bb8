/**
 * What a training run tells those who watch it: the terminal, the run folder, a page.
 *
 * The trainer awaits each call, so a row is written before the next step begins.
 */

/** One step's numbers, flat. Numbers may be NaN or infinite; null means not measured. */
export interface MetricsRow {
  readonly step: number;
  readonly attempt: number;
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly [metric: string]: number | string | null;
}

/** Something that was done to a run at a step, beside what was measured: an edit of a setpoint. A row of metrics.jsonl with an `event`, before the row of its step. */
export interface EventRow {
  readonly step: number;
  readonly attempt: number;
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly event: string;
  readonly [detail: string]: unknown;
}

export type Metrics = Readonly<Record<string, number | string | null>>;

/** One completion as it was sampled, scored and weighed. */
export interface CompletionSample {
  readonly prompt: string;
  readonly completion: string;
  readonly reward: number;
  /** By name of the reward. */
  readonly rewards: Readonly<Record<string, number>>;
  /** Absent in evaluations. */
  readonly advantage?: number;
  readonly finishReason: 'stop' | 'length';
  readonly ids?: readonly number[];
  /** Of the sampled tokens, nats. */
  readonly logProbs?: readonly number[];
  readonly weightVersion?: number;
}

/** What is known when the first step is about to begin. */
export interface RunInfo {
  readonly name: string;
  readonly method: 'grpo' | 'sft';
  /** Last step of the run. */
  readonly steps: number;
  /** Steps already done: 0, or those of the checkpoint that is resumed. */
  readonly startStep: number;
  readonly attempt: number;
  readonly device: string;
  readonly parameters: number;
  /** Bytes on the device at the start. */
  readonly deviceBytes?: number;
}

/** How a run ended. */
export interface TrainSummary {
  readonly stopped: 'done' | 'interrupted';
  /** Last step that was completed. */
  readonly step: number;
  readonly seconds: number;
  /** Last value of the metrics worth repeating. */
  readonly metrics: Metrics;
  /** Folder of the newest checkpoint inside the run folder. */
  readonly checkpoint?: string;
}

/** Byte lengths of the append-only files at a checkpoint: a resumed run cuts them there. */
export type Bookmark = Readonly<Record<string, number>>;

/** Watches a run; each call is awaited. */
export interface RunObserver {
  started(info: RunInfo): void | Promise<void>;
  /** Once, before `started`: rows after this step are about to be computed (again). Step 0 without a bookmark: nothing is resumed. */
  resumed(step: number, bookmark: Bookmark | undefined): void | Promise<void>;
  step(row: MetricsRow): void | Promise<void>;
  /** Before the step that it is of. A resumed run tells the events of its steps again. */
  event(row: EventRow): void | Promise<void>;
  evaluated(step: number, metrics: Metrics, samples?: readonly CompletionSample[]): void | Promise<void>;
  completions(step: number, samples: readonly CompletionSample[]): void | Promise<void>;
  note(message: string): void | Promise<void>;
  warning(message: string): void | Promise<void>;
  finished(summary: TrainSummary): void | Promise<void>;
  /** Makes what was written durable and says how long it is; the trainer stores the answer in the checkpoint. */
  bookmark(): Promise<Bookmark>;
}

/** Watches nothing. Spread it to write an observer of a few events. */
export const silent: RunObserver = {
  started() {},
  resumed() {},
  step() {},
  event() {},
  evaluated() {},
  completions() {},
  note() {},
  warning() {},
  finished() {},
  bookmark: () => Promise.resolve({}),
};

/** One observer that tells several, in order. */
export function tellAll(observers: readonly RunObserver[]): RunObserver {
  const each = async (tell: (observer: RunObserver) => void | Promise<void>) => {
    for (const observer of observers) await tell(observer);
  };
  return {
    started: (info) => each((observer) => observer.started(info)),
    resumed: (step, bookmark) => each((observer) => observer.resumed(step, bookmark)),
    step: (row) => each((observer) => observer.step(row)),
    event: (row) => each((observer) => observer.event(row)),
    evaluated: (step, metrics, samples) => each((observer) => observer.evaluated(step, metrics, samples)),
    completions: (step, samples) => each((observer) => observer.completions(step, samples)),
    note: (message) => each((observer) => observer.note(message)),
    warning: (message) => each((observer) => observer.warning(message)),
    finished: (summary) => each((observer) => observer.finished(summary)),
    async bookmark() {
      const bookmarks = await Promise.all(observers.map((observer) => observer.bookmark()));
      return Object.fromEntries(bookmarks.flatMap((bookmark) => Object.entries(bookmark)));
    },
  };
}
