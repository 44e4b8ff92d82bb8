/**
 * Downloads a file by Range requests: a connection that is cut or stalls is taken up where it stopped, also by a later run, and bytes of
 * two versions are never put together.
 */

import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DataError } from '../base/errors.ts';

export interface RemoteFile {
  readonly url: string;
  /** Its version: the SHA-256 of a large file, git's SHA-1 of a small one, or what the server calls it. */
  readonly etag: string;
  readonly size: number;
}

export interface DownloadOptions {
  readonly token?: string;
  /** Attempts in a row that bring no byte before it is given up. */
  readonly attempts?: number;
  /** A connection that brings no byte for so long is cut. */
  readonly stallMs?: number;
  /** Before attempt n + 1 it waits n times as long. */
  readonly pauseMs?: number;
  readonly progress?: (done: number, size: number) => void;
}

/** The server has another version now than the one that was asked for. */
class Changed extends Error {}

/** What another attempt will not mend: a file that is not there, or not for this person. */
class Refused extends Error {}

/**
 * Asks for a file's version and size, without its bytes.
 *
 * @throws DataError if there is no such file, it is not for this person, or the server cannot be reached
 */
export async function askFor(url: string, options: DownloadOptions = {}): Promise<RemoteFile> {
  return insist(url, options, async () => {
    const response = await request(url, 'HEAD', options);
    const etag = etagOf(response);
    const size = Number(response.headers.get('x-linked-size') ?? response.headers.get('content-length') ?? Number.NaN);
    if (etag === undefined || !Number.isSafeInteger(size)) throw new Refused(`an answer without ETag or size`);
    return { url, etag, size };
  });
}

/**
 * Downloads a file to the path its version gives; what an earlier attempt left in `<path>.incomplete` is kept, since it is of that version.
 *
 * @param placeOf the path of a version; a file that is there already is not downloaded
 * @throws DataError if there is no such file, the server cannot be reached or keeps changing it, or sends other bytes than its version has
 */
export async function download(url: string, placeOf: (etag: string) => string, options: DownloadOptions = {}): Promise<RemoteFile> {
  let change = '';
  for (let version = 0; version < 3; version++) {
    const file = await askFor(url, options);
    try {
      await bring(file, placeOf(file.etag), options);
      return file;
    } catch (error) {
      if (!(error instanceof Changed)) throw error;
      change = error.message;
    }
  }
  throw new DataError(`${url}: expected one version of the file, got ${change} three times. Wait until it is uploaded, and run again.`);
}

async function bring(file: RemoteFile, path: string, options: DownloadOptions): Promise<void> {
  const { url, etag, size } = file;
  if ((await sizeOf(path)) === size && size > 0) return;
  const part = `${path}.incomplete`;
  await mkdir(dirname(path), { recursive: true });
  const fetched = async (): Promise<void> => {
    const before = await sizeOf(part);
    if (before < size || size === 0) await fetchRest(file, part, before, options);
    const after = await sizeOf(part);
    if (after > size) await rm(part);
    if (after !== size) throw new Error(`${after} of ${size} bytes`);
  };
  await insist(url, options, fetched, () => sizeOf(part));
  const problem = await wrongHash(part, etag, size);
  if (problem !== null) {
    await rm(part);
    throw new DataError(`${url}: expected bytes of hash ${problem.expected}, got ${problem.got}. Run again to download it anew.`);
  }
  await rename(part, path);
}

async function fetchRest({ url, etag, size }: RemoteFile, part: string, from: number, options: DownloadOptions): Promise<void> {
  if (size === 0) return (await open(part, 'w')).close();
  const stall = new Stall(options.stallMs ?? 30_000);
  try {
    const response = await request(url, 'GET', options, { range: `bytes=${from}-`, signal: stall.signal });
    if (etagOf(response) !== etag && response.headers.get('x-linked-etag') === null && !isElsewhere(response.url, url)) {
      await rm(part, { force: true });
      throw new Changed(`version ${etagOf(response) ?? 'unknown'} instead of ${etag}`);
    }
    const start = startOf(response, from, size);
    if (start === 0 && from > 0) await truncate(part, 0);
    await append(part, response, start, size, stall, options);
  } finally {
    stall.end();
  }
}

/** Where the answer's bytes begin. @throws Error if it answers another question */
function startOf(response: Response, asked: number, size: number): number {
  if (response.status === 200) return 0;
  const [, first, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '') ?? [];
  if (Number(first) !== asked || (total !== '*' && Number(total) !== size)) {
    throw new Changed(`a range ${response.headers.get('content-range') ?? '(none)'} instead of ${asked} of ${size}`);
  }
  return asked;
}

async function append(part: string, response: Response, start: number, size: number, stall: Stall, { progress }: DownloadOptions): Promise<void> {
  const file = await open(part, start === 0 ? 'w' : 'a');
  try {
    let done = start;
    for await (const chunk of response.body ?? []) {
      stall.restart();
      if (done + chunk.length > size) throw new Changed(`more than ${size} bytes`);
      await file.write(chunk);
      done += chunk.length;
      progress?.(done, size);
    }
  } finally {
    await file.close();
  }
}

/** Bytes that an attempt must bring not to be counted; else a server could keep one waiting a byte at a time. */
const WORTH_A_TRY = 4096;

/** Tries again after failures that may pass. An attempt that brought something, as `measure` tells, is not counted. */
async function insist<Result>(
  url: string,
  { attempts = 5, pauseMs = 1000 }: DownloadOptions,
  work: () => Promise<Result>,
  measure: () => Promise<number> = () => Promise.resolve(0),
): Promise<Result> {
  let reason = '';
  for (let fruitless = 0; fruitless < attempts;) {
    const before = await measure();
    try {
      return await work();
    } catch (error) {
      if (error instanceof Refused)
        throw new DataError(`${url}: expected a file, got ${error.message}. Check the name, the revision and HF_TOKEN.`, { cause: error });
      if (error instanceof Changed) throw error;
      reason = reasonOf(error);
    }
    fruitless = (await measure()) - before >= WORTH_A_TRY ? 1 : fruitless + 1;
    if (fruitless < attempts) await new Promise((resolve) => setTimeout(resolve, pauseMs * fruitless));
  }
  throw new DataError(`${url}: expected the whole file, got ${reason} after ${attempts} attempts that brought nothing more. Run again to go on from there.`);
}

/** Follows redirects itself, so that the token goes to the hub alone and the version is what the hub says, not what its storage calls it. */
async function request(
  url: string,
  method: 'HEAD' | 'GET',
  { token, stallMs = 30_000 }: DownloadOptions,
  more: { readonly range?: string; readonly signal?: AbortSignal } = {},
): Promise<Response> {
  let target = url;
  for (let hop = 0; hop < 6; hop++) {
    const isHub = new URL(target).origin === new URL(url).origin;
    const headers = {
      'accept-encoding': 'identity',
      ...(isHub && token !== undefined && { authorization: `Bearer ${token}` }),
      ...(more.range !== undefined && { range: more.range }),
    };
    const response = await fetch(target, { method, headers, redirect: 'manual', signal: more.signal ?? AbortSignal.timeout(stallMs) });
    const location = response.headers.get('location');
    if (response.status < 300 || response.status >= 400 || location === null) {
      if (response.ok) return response;
      await response.body?.cancel();
      if ([401, 403, 404, 410].includes(response.status)) throw new Refused(`status ${response.status}`);
      throw new Error(`status ${response.status}`);
    }
    const next = new URL(location, target);
    // A large file lies in a storage elsewhere, and only the hub's redirect tells its version.
    if (method === 'HEAD' && response.headers.get('x-linked-etag') !== null) return response;
    if (next.protocol !== 'https:' && new URL(url).protocol === 'https:') throw new Refused(`a redirect to ${next.protocol}//${next.host}`);
    target = next.href;
  }
  throw new Refused('more than six redirects');
}

function isElsewhere(answered: string, asked: string): boolean {
  return answered !== '' && new URL(answered).origin !== new URL(asked).origin;
}

function etagOf({ headers }: Response): string | undefined {
  const etag = (headers.get('x-linked-etag') ?? headers.get('etag'))?.replace(/^W\//, '').replaceAll('"', '');
  return etag !== undefined && /^[\w-]+(\.[\w-]+)*$/.test(etag) ? etag : undefined;
}

/** Cuts a connection that brings nothing. */
class Stall {
  readonly #controller = new AbortController();
  readonly #limit: number;
  #timer: NodeJS.Timeout;

  constructor(limit: number) {
    this.#limit = limit;
    this.#timer = this.#start();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  restart(): void {
    clearTimeout(this.#timer);
    this.#timer = this.#start();
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  #start(): NodeJS.Timeout {
    return setTimeout(() => this.#controller.abort(new Error(`no byte for ${this.#limit} ms`)), this.#limit);
  }
}

/** Holds a file against its version, where that is a hash: SHA-256, or git's SHA-1 of a blob. */
async function wrongHash(path: string, etag: string, size: number): Promise<{ readonly expected: string; readonly got: string } | null> {
  const hash: Hash | null = /^[0-9a-f]{64}$/.test(etag)
    ? createHash('sha256')
    : /^[0-9a-f]{40}$/.test(etag)
      ? createHash('sha1').update(`blob ${size}\0`)
      : null;
  if (!hash) return null;
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  const got = hash.digest('hex');
  return got === etag ? null : { expected: etag, got };
}

function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? ` (${error.cause.message})` : '';
  return error instanceof Error ? `${error.message}${cause}` : String(error);
}
