/** Runs on their way out of the page and into it: as the zip that Node resumes. */

import { DataError, memoryStore, openOpfsStore, type RunStore, unzipRun, writeChosenRun, zipRun } from '../../../src/browser.ts';
import type { Frame, Track } from '../../data/frame.ts';
import type { Shown } from '../state/shown.ts';
import { saveFile } from './save-file.ts';

/** Saves the run kept at a place of the browser's storage. */
export async function saveRun(place: string): Promise<string> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for await (const part of zipRun(await openOpfsStore(place))) parts.push(part);
  const name = `${place.split('/').at(-1) ?? 'run'}.zip`;
  saveFile(new Blob(parts, { type: 'application/zip' }), name);
  return `${name} is saved. Unpack it under runs/ and Node goes on with it; Open shows it again here.`;
}

/**
 * Opens a run that a person chose: its zip, or the files of its folder.
 *
 * @throws DataError where it is no run, or a damaged one
 */
export async function openRun(files: readonly File[]): Promise<Shown> {
  const store = memoryStore('the chosen run');
  const [first] = files;
  if (!first) throw new DataError('the chosen files: expected a run, got none. Choose the zip or the folder of one run.');
  if (files.length > 1) await writeChosenRun(files, store);
  else if (await isZip(first)) await unzipRun(new Uint8Array(await first.arrayBuffer()), store);
  else throw new DataError(`${first.name}: expected the zip of a run, got another kind of file. Save one in this page, or zip a folder of runs/.`);
  return shownRun(store, first.webkitRelativePath.split('/')[0] || first.name);
}

async function isZip(file: File): Promise<boolean> {
  const head = new Uint8Array(await file.slice(0, 4).arrayBuffer());
  return head[0] === 0x50 && head[1] === 0x4b;
}

async function shownRun(store: RunStore, name: string): Promise<Shown> {
  const text = async (path: string): Promise<string> => new TextDecoder().decode(await store.read(path).catch(() => new Uint8Array()));
  const frames = framesOf(await text('metrics.jsonl'), `${name}/metrics.jsonl`);
  if (frames.length === 0) throw new DataError(`${name}: expected a run with metrics.jsonl, got one without a step. Train it for a step first.`);
  const recipeText = (await text('recipe.yaml')) || (await text('config.resolved.yaml'));
  const label = name.replace(/\.zip$/i, '');
  const track: Track = { info: { side: 'A', label, seed: 0, recipeText, steps: frames.at(-1)!.step }, frames };
  return { kind: 'opened', origin: `Opened from ${name}: ${frames.at(-1)!.step} steps`, label: null, probes: [], tracks: [track], frozen: null };
}

/** Rows of metrics as frames without rivers; a torn last line is left out. */
function framesOf(text: string, file: string): Frame[] {
  const lines = text.split('\n');
  const frames = new Map<number, Frame>();
  lines.forEach((line, i) => {
    if (line === '') return;
    const row = parsed(line);
    if (!row) {
      if (i < lines.length - 1)
        throw new DataError(`${file}:${i + 1}: expected a JSON object, got ${JSON.stringify(line.slice(0, 40))}. The file is damaged; save the run again.`);
      return;
    }
    if ('event' in row) return;
    const metrics = Object.fromEntries(Object.entries(row).filter((entry): entry is [string, number] => typeof entry[1] === 'number'));
    const { step } = metrics;
    if (step !== undefined) frames.set(step, { step, metrics, rivers: [], tokens: null });
  });
  return [...frames.values()].sort((a, b) => a.step - b.step);
}

function parsed(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? { ...value } : null;
  } catch {
    return null;
  }
}
