/** Models of the hub by name: looked up, downloaded into Hugging Face's cache, and found there again. */

import { join } from 'node:path';
import { readdir, readFile } from 'node:fs/promises';
import { DataError } from '../base/errors.ts';
import { type HubCache, hubCacheRoot, isCommit, openHubCache, safePath } from './hub-cache-node.ts';
import { download, type DownloadOptions } from './hub-download-node.ts';

export interface HubOptions {
  /** A branch, a tag or a commit. */
  readonly revision?: string;
  /** HF_TOKEN, HF_ENDPOINT, HF_HUB_OFFLINE, HF_HOME, HF_HUB_CACHE. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Told what is downloaded. */
  readonly note?: (message: string) => void;
  readonly download?: Omit<DownloadOptions, 'token' | 'progress'>;
}

const SIDE_FILES = [
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'chat_template.jinja',
  'adapter_config.json',
];

/** More files than any model has. */
const MAX_FILES = 20_000;

const WHOLE = 'model.safetensors';
const INDEX = `${WHOLE}.index.json`;
const ADAPTER = 'adapter_model.safetensors';

/** Whether a path has the form of a hub's name: `org/name`, or `org/name/file.gguf`. */
export function isHubName(path: string): boolean {
  const part = '(?!\\.)[\\w.-]{1,96}';
  const isReserved = /^(model|dataset|space|bucket|kernel)s?\//.test(path);
  return !isReserved && new RegExp(`^${part}/${part}(/.+\\.gguf)?$`).test(path) && !path.includes('..') && !path.includes('--');
}

/**
 * Returns the folder (or GGUF file) of a model on disk, downloading what is missing of it.
 *
 * With HF_HUB_OFFLINE, or where the hub cannot be reached, a model that is whole in the cache is taken from there.
 *
 * @throws DataError if the model is not on the hub, not for this person, or cannot be reached and is not in the cache
 */
export async function openHubModel(path: string, options: HubOptions): Promise<string> {
  const { environment, revision = 'main' } = options;
  const [organisation = '', name = '', ...rest] = path.split('/');
  const id = `${organisation}/${name}`;
  const file = rest.length > 0 ? safePath(rest.join('/')) : null;
  const cache = openHubCache(hubCacheRoot(environment), id);
  const isOffline = ['1', 'true', 'yes', 'on'].includes((environment['HF_HUB_OFFLINE'] ?? '').toLowerCase());
  if (isOffline) return cached(cache, id, revision, file, 'HF_HUB_OFFLINE is set');
  try {
    return await fetchModel(cache, id, revision, file, options);
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    return cached(cache, id, revision, file, error.message);
  }
}

/** The hub itself did not answer. */
class Unreachable extends Error {}

async function fetchModel(cache: HubCache, id: string, revision: string, file: string | null, options: HubOptions): Promise<string> {
  const { environment, note } = options;
  const hubUrl = environment['HF_ENDPOINT'] ?? 'https://huggingface.co';
  const token = environment['HF_TOKEN'];
  const { commit, sizes } = await lookUp(id, revision, hubUrl, token);
  const wanted = file === null ? wantedFiles(sizes, id) : [file];
  const bring = async (name: string): Promise<void> => {
    if (!sizes.has(name))
      throw new DataError(`${id}: expected a file ${name}, got ${[...sizes.keys()].slice(0, 8).join(', ')}. Name one of the model's files.`);
    if (await cache.has(commit, name)) return;
    const url = `${hubUrl}/${id}/resolve/${commit}/${name.split('/').map(encodeURIComponent).join('/')}`;
    const progress = note && progressNote(`${id}/${name}`, note);
    const { etag } = await download(url, cache.blob, { ...options.download, ...(token !== undefined && { token }), ...(progress && { progress }) });
    await cache.link(etag, commit, name);
  };
  for (const name of wanted) await bring(name);
  if (wanted.includes(INDEX)) for (const shard of await shardsOf(join(cache.snapshot(commit), INDEX))) await bring(shard);
  // Last, so that a revision that is remembered is whole.
  await cache.remember(revision, commit);
  return file === null ? cache.snapshot(commit) : join(cache.snapshot(commit), file);
}

async function lookUp(
  id: string,
  revision: string,
  hubUrl: string,
  token: string | undefined,
): Promise<{ readonly commit: string; readonly sizes: ReadonlyMap<string, number> }> {
  const { modelInfo, listFiles } = await import('@huggingface/hub');
  const request = { hubUrl, ...(token !== undefined && { accessToken: token }), fetch: patientFetch(hubUrl) };
  try {
    const { sha } = await modelInfo({ ...request, name: id, revision, additionalFields: ['sha'] });
    if (typeof sha !== 'string' || !isCommit(sha))
      throw new DataError(`${id}: expected the commit of ${revision}, got ${JSON.stringify(sha)?.slice(0, 60)}. The hub's answer is damaged.`);
    const sizes = new Map<string, number>();
    for await (const { type, path, size } of listFiles({ ...request, repo: id, revision: sha, recursive: true })) {
      if (type === 'file') sizes.set(safePath(path), size);
      if (sizes.size > MAX_FILES) throw new DataError(`${id}: expected at most ${MAX_FILES} files, got more. Take another model.`);
    }
    return { commit: sha, sizes };
  } catch (error) {
    if (error instanceof DataError) throw error;
    const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : undefined;
    const reason = error instanceof Error ? error.message : String(error);
    if (status === undefined || status >= 500 || status === 429) throw new Unreachable(`${hubUrl} cannot be reached (${reason})`, { cause: error });
    throw new DataError(
      `${id}: expected a model of ${hubUrl} at ${revision}, got ${reason.slice(0, 200)}. Check the name and model.revision; a gated or private model needs HF_TOKEN. A folder is named by its path, as ./${id}.`,
      { cause: error },
    );
  }
}

/** A listing may point to its next page: it is followed on the hub only, so that the token goes nowhere else. */
function patientFetch(hubUrl: string): typeof fetch {
  return (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.origin !== new URL(hubUrl).origin) throw new DataError(`${hubUrl}: expected its listing to go on there, got ${url.origin}. Check HF_ENDPOINT.`);
    return fetch(url, { ...init, signal: AbortSignal.timeout(30_000) });
  };
}

/** The files of a model: what describes it, and its weights in the one form we read that it has. */
function wantedFiles(sizes: ReadonlyMap<string, number>, id: string): string[] {
  const side = SIDE_FILES.filter((name) => sizes.has(name));
  const weights = [WHOLE, INDEX, ADAPTER].find((name) => sizes.has(name));
  if (weights !== undefined) return [...side, weights];
  const gguf = [...sizes.keys()].filter((name) => name.endsWith('.gguf'));
  if (gguf.length === 1) return [...side, gguf[0]!];
  const remedy =
    gguf.length > 1
      ? `Name one of its GGUF files: ${gguf
          .slice(0, 6)
          .map((name) => `${id}/${name}`)
          .join(', ')}.`
      : 'Choose a model with weights in one of these forms.';
  throw new DataError(
    `${id}: expected ${WHOLE}, ${INDEX} or one GGUF file, got ${gguf.length === 0 ? 'none of them' : `${gguf.length} GGUF files`}. ${remedy}`,
  );
}

async function shardsOf(indexFile: string): Promise<string[]> {
  const text = await readFile(indexFile, 'utf8');
  let index: unknown;
  try {
    index = JSON.parse(text);
  } catch (cause) {
    throw new DataError(`${indexFile}: expected JSON, got ${JSON.stringify(text.slice(0, 40))}. The file is damaged.`, { cause });
  }
  const map: unknown = typeof index === 'object' && index !== null && 'weight_map' in index ? index.weight_map : {};
  const names: readonly unknown[] = typeof map === 'object' && map !== null ? Object.values(map) : [];
  return [...new Set(names.filter((name) => typeof name === 'string'))].map(safePath);
}

/** The model as the cache has it. */
async function cached(cache: HubCache, id: string, revision: string, file: string | null, why: string): Promise<string> {
  const commit = await cache.commitOf(revision);
  const remedy = 'Download the model once with a connection, or name a folder in model.path.';
  if (commit === undefined) throw new DataError(`${id}: expected revision ${revision} in the cache, since ${why}, got none in ${cache.folder}. ${remedy}`);
  const snapshot = cache.snapshot(commit);
  if (file !== null ? await cache.has(commit, file) : await isWhole(cache, commit)) return file === null ? snapshot : join(snapshot, file);
  throw new DataError(`${id}: expected ${file ?? 'its weights'} in the cache, since ${why}, got ${snapshot} without. ${remedy}`);
}

async function isWhole(cache: HubCache, commit: string): Promise<boolean> {
  const snapshot = cache.snapshot(commit);
  for (const name of [WHOLE, ADAPTER]) if (await cache.has(commit, name)) return true;
  if (await cache.has(commit, INDEX)) {
    for (const shard of await shardsOf(join(snapshot, INDEX))) if (!(await cache.has(commit, shard))) return false;
    return true;
  }
  const names = await readdir(snapshot).catch((): string[] => []);
  return names.filter((name) => name.endsWith('.gguf')).length === 1;
}

/** Says at the start, and at every tenth, how far a file of some size has come. */
function progressNote(name: string, note: (message: string) => void): (done: number, size: number) => void {
  let told = -1;
  return (done, size) => {
    const tenth = Math.floor((10 * done) / size);
    if (size < 2 ** 24 || tenth === told) return;
    told = tenth;
    note(`${name}: ${Math.round(done / 2 ** 20)} of ${Math.round(size / 2 ** 20)} MiB`);
  };
}
