/** Where a paused run waits between two steps. */
export class PauseGate {
  #waiting: PromiseWithOpen | null = null;

  get isClosed(): boolean {
    return this.#waiting !== null;
  }

  close(): void {
    this.#waiting ??= waitingPromise();
  }

  open(): void {
    this.#waiting?.open();
    this.#waiting = null;
  }

  /** Resolves at once, or when the gate is opened. */
  pass(): Promise<void> {
    return this.#waiting?.promise ?? Promise.resolve();
  }
}

interface PromiseWithOpen {
  readonly promise: Promise<void>;
  readonly open: () => void;
}

function waitingPromise(): PromiseWithOpen {
  let open = (): void => {};
  const promise = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}
