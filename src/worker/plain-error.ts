/** Errors on their way from worker to page, and back to the kinds they were. */

import { DataError, DeviceError, GuardError, Interrupted, KernelError, PreflightError, RecipeError, TrainerError } from '../base/errors.ts';
import type { PlainError } from './protocol.ts';

const KINDS = { DataError, DeviceError, GuardError, Interrupted, KernelError, PreflightError, TrainerError };

/** An error as plain data. */
export function plainError(error: unknown): PlainError {
  if (error instanceof RecipeError) return { kind: error.name, message: error.message, issues: error.issues };
  if (error instanceof Error) return { kind: error.name, message: error.message };
  return { kind: 'Error', message: String(error) };
}

/** The error as the worker threw it; what is not ours on purpose is said to be a fault of ours. */
export function revivedError({ kind, message, issues }: PlainError): TrainerError {
  if (kind === 'RecipeError') return new RecipeError(issues ?? message);
  const isOurs = (name: string): name is keyof typeof KINDS => Object.hasOwn(KINDS, name);
  if (isOurs(kind)) return new KINDS[kind](message);
  return new TrainerError(`the run's worker: expected it to go on, got ${kind}: ${message}. This is a fault of Entrain; what was saved is intact.`);
}
