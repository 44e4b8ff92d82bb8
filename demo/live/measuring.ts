/** How much is measured beside training: a share of its time, so that looking never costs more than learning. */

/** Seconds of measuring a second of training allows. */
const SHARE = 0.5;
/** Every so many measurements of the probe that is watched, the others have theirs. */
const OTHERS_EVERY = 8;

export class Measuring {
  readonly #probes: readonly number[];
  /** The probe on the page. */
  watched = 0;
  #allowed = 0;
  #made = 0;

  constructor(probes: number) {
    this.#probes = Array.from({ length: probes }, (_, probe) => probe);
  }

  /** The probes to measure after a step; none where measuring would hold training up. At both ends the watched one always is, at the last all are. */
  probesAt(step: number, last: number): readonly number[] {
    if (step === last) return this.#probes;
    if (step > 0 && this.#allowed < 0) return [];
    this.#made++;
    return step > 0 && this.#made % OTHERS_EVERY === 0 ? this.#probes : this.#probes.filter((probe) => probe === this.watched);
  }

  /** What a step and its measuring took, seconds. */
  took(training: number, measuring: number): void {
    this.#allowed = Math.min(this.#allowed + SHARE * training, 4 * training) - measuring;
  }
}
