/** One process at a time in a run folder: two that append to the same files would spoil both runs. */

import { open, readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { DataError } from '../base/errors.ts';

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the process began, in the words of the operating system; null where that cannot be told. */
  readonly began: string | null;
}

/**
 * Takes the lock, and returns how to give it back. A lock whose process has died is taken over.
 *
 * @throws DataError while another process holds it
 */
export async function lockRun(file: string): Promise<() => Promise<void>> {
  const me: Holder = { pid: process.pid, host: hostname(), began: await beganAt(process.pid) };
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      const handle = await open(file, 'wx');
      await handle.writeFile(JSON.stringify(me));
      await handle.close();
      return () => rm(file, { force: true });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
    const holder = await holderOf(file);
    if (holder && (await isAlive(holder, me))) {
      throw new DataError(
        `${file}: expected a run folder nobody uses, got one that process ${holder.pid} on ${holder.host} trains in. Wait for it, stop it, or choose run.name=…; if it is gone, remove the file.`,
      );
    }
    await rm(file, { force: true });
  }
  throw new DataError(`${file}: expected to take the lock of the run folder, got beaten to it three times. Try again.`);
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
  return holder.began === null || holder.began === (await beganAt(holder.pid));
}

/** Start time of a process, so that a number given anew is not taken for the old process (Linux only). */
async function beganAt(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}
