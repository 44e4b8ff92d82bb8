/** What one step of one run looks like: the same for a recorded run and for one that is training now. All of it is plain data. */

/** A prompt whose river is drawn. */
export interface Probe {
  /** As the policy reads it: `67>21=`. */
  readonly prompt: string;
  /** For people: `Make 21 with + and −, using 6 and 7`. */
  readonly words: string;
  /** Whether training never sees it. */
  readonly isHeldOut: boolean;
}

/** One run of a comparison. */
export interface TrackInfo {
  /** A is drawn above B. */
  readonly side: 'A' | 'B';
  /** For people: `GRPO`, `Clip-Cov`. */
  readonly label: string;
  readonly seed: number;
  /** The recipe as it was written, YAML. */
  readonly recipeText: string;
  /** Last step of the run. */
  readonly steps: number;
  /** Steps at which someone made it another variant, and which. */
  readonly changes?: readonly { readonly step: number; readonly label: string }[];
}

/** Everything a page shows of a step. Step 0 is the policy before training: it has no metrics of training. */
export interface Frame {
  readonly step: number;
  /** By the names of docs/metrics.md: `reward`, `entropy`, `kl`, `clip_ratio/region_mean`, `completions/mean_length`, `eval/heldout/mean@1`, … Absent: not measured at this step. */
  readonly metrics: Readonly<Record<string, number>>;
  /** In the order of the probes; null where a probe was not measured at this step. */
  readonly rivers: readonly (RiverSlice | null)[];
  /** Completions of this step, token by token; null where they were not kept. */
  readonly tokens: TokenBatch | null;
}

/**
 * How a policy divides its answers to a probe. Bands, rest and wrong add up to 1.
 *
 * Bands are exact; rest = max(0, sampled share of right answers − Σ bands); wrong is what is left.
 */
export interface RiverSlice {
  /** The likeliest right answers, likeliest first, at most 24. */
  readonly answers: readonly string[];
  /** The policy's probability of each, end token included. */
  readonly probabilities: readonly number[];
  /** All other right answers together. */
  readonly rest: number;
  /** Everything else. */
  readonly wrong: number;
  /** Completions the share of right answers was counted on. */
  readonly samples: number;
  /** Their share of right answers. */
  readonly sampledRight: number;
}

/** The numbers of a token. Flags: bits of TOKEN_FLAGS. */
export const TOKEN_COLUMNS = [
  /** log p of the sampled token, nats, when the update looked at it. */
  'logProb',
  /** The same when it was sampled. */
  'oldLogProb',
  /** Of its distribution, nats, when the update looked at it. */
  'entropy',
  /** The same when it was sampled. */
  'oldEntropy',
  /** Of its completion, or its own where a variant gives tokens their own. */
  'advantage',
  /** (A − mean A) · (logProb − mean logProb) over the optimizer's mini-batch. */
  'covariance',
  /** How hard the update pushes log p up: −∂loss/∂logProb · tokens of the mini-batch. */
  'weight',
  /** How hard it pushes the entropy up: −∂loss/∂entropy · tokens of the mini-batch. */
  'entropyWeight',
  /** Σ p² and Σ p² ln p of its distribution. */
  'sumP2',
  'sumP2LogP',
  /** Change of its entropy to first order, for a step of 1 along its own weight, nats. */
  'predictedChange',
  /** Its entropy after the whole step less its entropy when the update looked at it, nats; NaN where not measured. */
  'realisedChange',
] as const;
export type TokenColumn = (typeof TOKEN_COLUMNS)[number];

export const TOKEN_FLAGS = {
  /** The variant gives this token another weight than its base would: dropped, pulled back, weighed down. */
  selected: 1,
  /** The ratio clip stopped it: it has an advantage and no gradient. */
  clipped: 2,
} as const;

/** A completion in a batch. */
export interface TokenRow {
  readonly prompt: string;
  /** Rows of one group are samples of one prompt. */
  readonly group: number;
  /** The completion without its end token. */
  readonly text: string;
  /** Text of each token, the end token (`<eos>`) included. */
  readonly tokens: readonly string[];
  readonly ids: readonly number[];
  readonly reward: number;
  /** Why it is right or wrong: `ok`, `value`, `digits`, `grammar`, `noeos`; empty where unknown. */
  readonly verdict: string;
  /** Against its group, as the variant has it. */
  readonly advantage: number;
  /** Whether it was cut at the limit. */
  readonly truncated: boolean;
  /** Where its tokens begin in the columns: token t is at start + t. */
  readonly start: number;
}

/** Completions of one optimizer mini-batch: the last of the step, when ratios have moved. */
export interface TokenBatch {
  readonly step: number;
  /** Whether all rows of the mini-batch are here. Only a whole batch can be opened in the lens. */
  readonly isWhole: boolean;
  /** Longest completion allowed. */
  readonly maxTokens: number;
  readonly rows: readonly TokenRow[];
  readonly columns: Readonly<Record<TokenColumn, Float32Array>>;
  readonly flags: Uint8Array;
  /** Of the whole mini-batch: tokens, non-empty rows, and the means that covariance is about. */
  readonly tokenCount: number;
  readonly rowCount: number;
  readonly meanLogProb: number;
  readonly meanAdvantage: number;
}

/** A run as far as it is known: what the rivers, charts and completions are drawn from. */
export interface Track {
  readonly info: TrackInfo;
  /** Ascending by step. */
  readonly frames: readonly Frame[];
}
