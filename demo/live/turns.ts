/** Takes turns between runs that share a device: one at a time, in a ring, a step each. */

export class Turns {
  readonly #taking: number[] = [];
  readonly #waiting = new Map<number, () => void>();
  #holder: number | null = null;

  /** Joins the ring; resolves when the turn has come. */
  join(who: number): Promise<void> {
    this.#taking.push(who);
    return this.#await(who);
  }

  /** Hands the turn on; resolves when it has come round again. */
  next(who: number): Promise<void> {
    if (this.#holder === who) this.#pass(who);
    return this.#await(who);
  }

  /** Leaves the ring. */
  leave(who: number): void {
    if (this.#holder === who) this.#pass(who);
    const place = this.#taking.indexOf(who);
    if (place >= 0) this.#taking.splice(place, 1);
  }

  #await(who: number): Promise<void> {
    if (this.#holder === null || this.#holder === who) {
      this.#holder = who;
      return Promise.resolve();
    }
    return new Promise((resolve) => this.#waiting.set(who, resolve));
  }

  /** To the next in the ring that waits; nobody holds it where nobody does. */
  #pass(from: number): void {
    const place = this.#taking.indexOf(from);
    const ring = [...this.#taking.slice(place + 1), ...this.#taking.slice(0, place)];
    const next = ring.find((who) => this.#waiting.has(who));
    this.#holder = next ?? null;
    if (next === undefined) return;
    const wake = this.#waiting.get(next)!;
    this.#waiting.delete(next);
    wake();
  }
}
