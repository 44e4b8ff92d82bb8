/**
 * A gentler way to wait for a CPU adapter.
 *
 * While one of its promises is pending, Dawn's Node binding asks again on every turn of the event loop and keeps a whole core busy,
 * one that a software adapter needs for its shaders.
 */

/** Waits shorter than this are left to Dawn, in milliseconds. */
const PATIENCE_MS = 0.1;
const LONGEST_SLEEP_MS = 1;

/**
 * Returns a function that passes a promise through and, until it settles, sleeps between the turns of the event loop.
 *
 * A sleep is a quarter of the time waited so far, at most 1 ms: short waits stay short and long ones leave the core alone.
 */
export function throttledWait(): <T>(work: Promise<T>) => Promise<T> {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  let pending = 0;
  let since = 0;
  let isTicking = false;

  function tick(): void {
    isTicking = pending > 0;
    if (!isTicking) return;
    const waitedMs = performance.now() - since;
    if (waitedMs > PATIENCE_MS) Atomics.wait(cell, 0, 0, Math.min(LONGEST_SLEEP_MS, waitedMs / 4));
    setImmediate(tick);
  }

  return async (work) => {
    if (pending === 0) since = performance.now();
    pending += 1;
    if (!isTicking) setImmediate(tick);
    isTicking = true;
    try {
      return await work;
    } finally {
      pending -= 1;
    }
  };
}
