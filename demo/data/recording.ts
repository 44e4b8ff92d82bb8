/** A recorded pair of runs, as the page has it after decoding. Files are made by `npm run demo:record`. */

import type { Probe, TokenBatch, Track } from './frame.ts';

export interface Recording {
  readonly label: RecordingLabel;
  readonly probes: readonly Probe[];
  /** A, then B; the same seed and the same weights at the start. */
  readonly tracks: readonly [Track, Track];
  /** One whole mini-batch of A for the lens. */
  readonly frozen: TokenBatch;
}

/** What is said of a recording wherever it is shown. */
export interface RecordingLabel {
  /** `llvmpipe (LLVM 19.1.7, 256 bits)` */
  readonly device: string;
  /** ISO 8601, UTC. */
  readonly date: string;
  /** Of Entrain. */
  readonly version: string;
  /** Seconds the pair took. */
  readonly seconds: number;
}

/** Where the recorded run lies, relative to the page. */
export const DEFAULT_RECORDING = 'recordings/default.json.gz';
