/** One process at a time in a run folder: two that append to the same files would spoil both runs. */

import { readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataError } from '../base/errors.ts';

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the process began, in the words of the operating system; null where that cannot be told. */
  readonly began: string | null;
}

/** A killed process takes a moment to be gone; so long it is waited for. */
const patience = { tries: 5, ms: 250 } as const;

/**
 * Takes the lock, and returns how to give it back. A lock whose process has died is taken over.
 *
 * @throws DataError while another process holds it
 */
export async function lockRun(file: string): Promise<() => Promise<void>> {
  const me: Holder = { pid: process.pid, host: hostname(), began: (await lifeOf(process.pid)).began };
  for (let tries = 1; ; tries++) {
    if (await take(file, me)) return () => rm(file, { force: true });
    const holder = await holderOf(file);
    const isLast = tries >= patience.tries;
    // A lock without a readable holder is being written right now, or was torn long ago.
    if (holder ? !(await isAlive(holder, me)) : isLast) await rm(file, { force: true });
    else if (!isLast) await sleep(patience.ms);
    else if (holder) throw held(file, holder);
  }
}

async function take(file: string, me: Holder): Promise<boolean> {
  try {
    await writeFile(file, JSON.stringify(me), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

function held(file: string, { pid, host }: Holder): DataError {
  return new DataError(
    `${file}: expected a run folder nobody uses, got one that process ${pid} on ${host} trains in. Wait for it, stop it, or choose run.name=…; if it is gone, remove the file.`,
  );
}

async function holderOf(file: string): Promise<Holder | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(file, 'utf8'));
    return isHolder(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isHolder(value: unknown): value is Holder {
  return typeof value === 'object' && value !== null && 'pid' in value && typeof value.pid === 'number' && 'host' in value && typeof value.host === 'string';
}

/** On another machine nothing can be told, so the lock holds. */
async function isAlive(holder: Holder, me: Holder): Promise<boolean> {
  if (holder.host !== me.host) return true;
  if (holder.pid === me.pid) return false;
  try {
    process.kill(holder.pid, 0);
  } catch {
    return false;
  }
  const { began, isDead } = await lifeOf(holder.pid);
  return !isDead && (holder.began === null || holder.began === began);
}

/** Start time of a process, so that a number given anew is not taken for the old process; and whether it only waits to be forgotten (Linux). */
async function lifeOf(pid: number): Promise<{ began: string | null; isDead: boolean }> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { began: fields[19] ?? null, isDead: fields[0] === 'Z' || fields[0] === 'X' };
}
