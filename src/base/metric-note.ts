/** What the documentation says of a metric. */
export interface MetricNote {
  /** `{name}` stands for a name that the recipe gives, or a number; `{a,b}` for either. */
  readonly name: string;
  readonly meaning: string;
  /** Absent for shares and plain numbers. */
  readonly unit?: string;
  /** Where the name comes from; absent where it is ours. */
  readonly from?: string;
}

/** Metrics that belong together. */
export interface MetricChapter {
  readonly title: string;
  readonly metrics: readonly MetricNote[];
}
