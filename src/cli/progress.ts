/** What a display needs to remember of a run: its rows, its last evaluation, how long is left. */

import type { Metrics, MetricsRow, RunInfo } from '../trainer/observer.ts';

/** Steps whose mean duration foretells the rest. */
const recentSteps = 10;

export class Progress {
  info: RunInfo | undefined;
  evaluation: { readonly step: number; readonly metrics: Metrics } | undefined;
  readonly #history = new Map<string, number[]>();
  readonly #durations: number[] = [];
  #last: MetricsRow | undefined;

  add(row: MetricsRow): void {
    this.#last = row;
    const duration = row['timing_s/step'];
    if (typeof duration === 'number' && Number.isFinite(duration)) this.#durations.push(duration);
    if (this.#durations.length > recentSteps) this.#durations.shift();
    for (const [key, value] of Object.entries(row)) {
      if (typeof value !== 'number') continue;
      const values = this.#history.get(key);
      if (values) values.push(value);
      else this.#history.set(key, [value]);
    }
  }

  get step(): number {
    return this.#last?.step ?? this.info?.startStep ?? 0;
  }

  get steps(): number {
    return this.info?.steps ?? 0;
  }

  /** The newest value of a metric, or undefined where no row had it. */
  latest(key: string): number | undefined {
    const value = this.#last?.[key];
    return typeof value === 'number' ? value : undefined;
  }

  history(key: string): readonly number[] {
    return this.#history.get(key) ?? [];
  }

  /** Seconds to the last step, from the mean of the last steps; NaN before the first. */
  get secondsLeft(): number {
    return (this.#durations.reduce((sum, value) => sum + value, 0) / this.#durations.length) * (this.steps - this.step);
  }
}
