/** What is said when a command fails, and with which code it ends. */

import { RecipeError, TrainerError } from '../base/errors.ts';
import { refusedPermission } from './refused-permission.ts';
import type { Terminal } from './terminal.ts';

/** Prints one clear message (and the stack where ENTRAIN_DEBUG=1 asks for it); returns the exit code. */
export function reportFailure(error: unknown, terminal: Terminal, options: { readonly json: boolean; readonly debug: boolean }): number {
  const exitCode = error instanceof TrainerError ? error.exitCode : 1;
  if (options.json) terminal.out(`${JSON.stringify({ event: 'error', exit_code: exitCode, ...described(error) })}\n`);
  else terminal.err(`${messageOf(error)}\n`);
  if (options.debug && error instanceof Error) terminal.err(`${stackOf(error)}\n`);
  return exitCode;
}

function messageOf(error: unknown): string {
  const refused = refusedPermission(error);
  if (refused !== undefined) return refused;
  if (error instanceof RecipeError && error.issues.length > 1) return `${error.issues.length} problems:\n${error.message.replace(/^/gm, '  ')}`;
  if (error instanceof TrainerError) return error.message;
  return `unexpected: ${error instanceof Error ? error.message : String(error)}\nThis is a fault of Entrain. Run again with ENTRAIN_DEBUG=1 for where it happened.`;
}

function described(error: unknown): object {
  if (error instanceof RecipeError) return { kind: error.name, message: error.message, issues: error.issues };
  return error instanceof Error ? { kind: error.name, message: error.message } : { kind: 'unknown', message: String(error) };
}

function stackOf(error: Error): string {
  const stack = error.stack ?? String(error);
  return error.cause instanceof Error ? `${stack}\ncaused by ${stackOf(error.cause)}` : stack;
}
