/** Runs a parser on many wrong files and holds each case to its time, its memory, and errors of our own. */

import fc from 'fast-check';
import { TrainerError } from '../../src/base/errors.ts';
import type { FuzzCase, Parser } from './parsers.ts';

const MOST_BYTES = 64 * 2 ** 20;

export interface FuzzOptions {
  readonly cases: number;
  /** Of all draws: the same seed gives the same cases. */
  readonly seed: number;
  /** Processor time that a case may take, the better of two tries. */
  readonly mostMs: number;
}

export interface FuzzResult {
  readonly seed: number;
  readonly cases: number;
  /** Share of the cases that got past the header. */
  readonly deep: number;
  /** Processor time of the slowest case, and what the hungriest took. */
  readonly slowestMs: number;
  readonly mostBytes: number;
  /** The first case that broke a rule as it is; null where none did. */
  readonly fault: string | null;
}

/** A case measured: processor time, since other work on the machine is not the parser's, and memory it allocated. */
async function measure(input: FuzzCase): Promise<{ readonly ms: number; readonly bytes: number; readonly error: unknown }> {
  const held = heldBytes();
  const start = process.cpuUsage();
  let error: unknown = null;
  try {
    await input.run();
  } catch (thrown) {
    error = thrown;
  }
  const { user, system } = process.cpuUsage(start);
  return { ms: (user + system) / 1000, bytes: heldBytes() - held, error };
}

function heldBytes(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Runs cases until one breaks a rule. */
export async function fuzz(parser: Parser, { cases, seed, mostMs }: FuzzOptions): Promise<FuzzResult> {
  let [done, deep, slowestMs, mostBytes] = [0, 0, 0, 0];
  const property = fc.asyncProperty(parser.cases, async (input) => {
    let found = await measure(input);
    // A collection of garbage or another thread's turn is charged to whoever runs: a slow case must be slow again.
    if (found.ms > mostMs || found.bytes > MOST_BYTES) {
      const next = await measure(input);
      found = { error: next.error, ms: Math.min(found.ms, next.ms), bytes: Math.min(found.bytes, next.bytes) };
    }
    const { ms, bytes, error } = found;
    done++;
    if (!(error instanceof TrainerError && parser.early.test(error.message))) deep++;
    slowestMs = Math.max(slowestMs, ms);
    mostBytes = Math.max(mostBytes, bytes);
    if (error !== null && !(error instanceof TrainerError)) throw error instanceof Error ? error : new Error(String(error));
    if (ms > mostMs)
      throw new Error(`expected at most ${mostMs} ms, got ${ms.toFixed(0)} (${error instanceof Error ? error.message.slice(0, 200) : 'no error'})`);
    if (bytes > MOST_BYTES) throw new Error(`expected at most ${MOST_BYTES} bytes, got ${bytes}`);
  });
  const { failed, counterexample, errorInstance } = await fc.check(property, { seed, numRuns: cases, endOnFailure: true });
  const shown = (value: unknown): string =>
    (value instanceof Uint8Array ? Buffer.from(value.subarray(0, 4000)).toString('latin1') : JSON.stringify(value)).slice(0, 1500);
  const fault = failed
    ? `${errorInstance instanceof Error ? (errorInstance.stack ?? errorInstance.message) : String(errorInstance)}\n${shown(counterexample?.[0].input)}`
    : null;
  return { seed, cases: done, deep: deep / done, slowestMs, mostBytes, fault };
}
