/**
 * The errors Entrain raises on purpose. Each says who, what was expected, what came, where, and what to do:
 *
 *   subject: expected X, got Y. What to do.
 *
 * To add one, throw the kind that names who can mend it; the kind decides the exit code of the command line.
 */

/** The root of every error Entrain raises on purpose. Anything else that escapes is a bug of ours. */
export class TrainerError extends Error {
  /** What the command line exits with: 1 runtime, 2 recipe or usage, 3 preflight, 4 guard, 130 interrupted. */
  readonly exitCode: number = 1;
  override readonly name: string = 'TrainerError';
}

/** One thing wrong in a recipe: where it stands and what to write instead. */
export interface RecipeIssue {
  /** Dotted key, for example `optim.lr`; empty for the whole recipe. */
  readonly path: string;
  readonly message: string;
  /** `file:line:column`, when the value came from a file. */
  readonly at?: string;
}

/** The person can mend it in the recipe or on the command line. */
export class RecipeError extends TrainerError {
  override readonly name = 'RecipeError';
  override readonly exitCode = 2;
  readonly issues: readonly RecipeIssue[];

  constructor(issues: readonly RecipeIssue[] | string, options?: ErrorOptions) {
    const list = typeof issues === 'string' ? [{ path: '', message: issues }] : issues;
    super(list.map(describeIssue).join('\n'), options);
    this.issues = list;
  }
}

function describeIssue({ path, message, at }: RecipeIssue): string {
  const where = [at, path].filter(Boolean).join(' ');
  return where ? `${where}: ${message}` : message;
}

/** The adapter, its driver or its memory cannot do what was asked. */
export class DeviceError extends TrainerError {
  override readonly name = 'DeviceError';
}

/** A shape or a binding is wrong: a bug in Entrain or in code that calls its kernels. */
export class KernelError extends TrainerError {
  override readonly name = 'KernelError';
}

/** A file or a row of data is missing, torn, or not what its header promises. */
export class DataError extends TrainerError {
  override readonly name = 'DataError';
}

/** A check before the first step refused to start. */
export class PreflightError extends TrainerError {
  override readonly name = 'PreflightError';
  override readonly exitCode = 3;
}

/** A guard stopped a run that had gone wrong. Everything written before it is intact. */
export class GuardError extends TrainerError {
  override readonly name = 'GuardError';
  override readonly exitCode = 4;
}

/** Stopped by the person; a checkpoint was written first. */
export class Interrupted extends TrainerError {
  override readonly name = 'Interrupted';
  override readonly exitCode = 130;
}
