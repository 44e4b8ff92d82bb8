/**
 * A recording as a file: gzip of
 *
 *   bytes 0–3  length of the header (big-endian)     header  JSON: what is said of it, texts, and where columns lie     columns  bytes
 *
 * Probabilities of a river keep about 4 digits where they are small and 3 where they are large; numbers of tokens are halves, those of the frozen
 * batch singles. Covariance and predicted change follow from them and are not stored.
 */

import { DataError, NUMBER_VOCABULARY } from '../../src/index.ts';
import { describedTokens } from './described-tokens.ts';
import type { Frame, RiverSlice, TokenBatch, Track, TrackInfo } from './frame.ts';
import { type PackedColumn, PackedWriter, readPacked } from './packed-numbers.ts';
import { describeProbe } from './probes.ts';
import type { Recording, RecordingLabel } from './recording.ts';

const FORMAT = 'entrain-recording';
const VERSION = 1;

const STORED = ['logProb', 'oldLogProb', 'entropy', 'oldEntropy', 'weight', 'entropyWeight', 'sumP2', 'sumP2LogP', 'realisedChange'] as const;
type StoredColumn = (typeof STORED)[number];

interface StoredTokens extends Pick<TokenBatch, 'step' | 'isWhole' | 'maxTokens' | 'tokenCount' | 'rowCount' | 'meanLogProb' | 'meanAdvantage'> {
  readonly rows: readonly (readonly [prompt: string, group: number, reward: number, verdict: string, advantage: number, truncated: 0 | 1, length: number])[];
  readonly ids: PackedColumn;
  readonly columns: Readonly<Record<StoredColumn, PackedColumn>>;
  readonly flags: PackedColumn;
}

/** A river: bands of all its slices end to end; answers by their place in a list of texts. */
interface StoredRiver {
  readonly texts: string;
  /** Frames that have a slice, by place. */
  readonly frames: readonly number[];
  readonly bands: readonly number[];
  readonly answers: PackedColumn;
  readonly probabilities: PackedColumn;
  readonly rest: PackedColumn;
  readonly right: PackedColumn;
  readonly samples: number;
}

interface StoredTrack {
  readonly info: TrackInfo;
  readonly steps: readonly number[];
  /** Per metric, a number per frame; null where it was not measured. */
  readonly metrics: Readonly<Record<string, readonly (number | null)[]>>;
  /** One per probe. */
  readonly rivers: readonly StoredRiver[];
  readonly tokens: readonly StoredTokens[];
}

interface Header {
  readonly format: typeof FORMAT;
  readonly version: number;
  readonly label: RecordingLabel;
  readonly probes: readonly string[];
  readonly tracks: readonly StoredTrack[];
  readonly frozen: StoredTokens;
}

/** The file of a recording, before gzip. */
export function encodeRecording({ label, probes, tracks, frozen }: Recording): Uint8Array {
  const writer = new PackedWriter();
  const header: Header = {
    format: FORMAT,
    version: VERSION,
    label,
    probes: probes.map(({ prompt }) => prompt),
    tracks: tracks.map((track) => storedTrack(track, probes.length, writer)),
    frozen: storedTokens(frozen, writer, 'single'),
  };
  const text = new TextEncoder().encode(JSON.stringify(header));
  const columns = writer.bytes();
  const file = new Uint8Array(4 + text.length + columns.length);
  new DataView(file.buffer).setUint32(0, text.length);
  file.set(text, 4);
  file.set(columns, 4 + text.length);
  return file;
}

/** @throws DataError where it is no recording, or damaged */
export async function decodeRecording(bytes: Uint8Array): Promise<Recording> {
  const file = await unzipped(bytes);
  const header = headerOf(file);
  const columns = file.subarray(4 + new DataView(file.buffer, file.byteOffset).getUint32(0));
  const probes = header.probes.map(describeProbe);
  const [a, b] = header.tracks.map((track) => readTrack(track, columns));
  if (!a || !b) throw new DataError(`recording: expected two runs, got ${header.tracks.length}. Make it anew with npm run demo:record.`);
  return { label: header.label, probes, tracks: [a, b], frozen: readTokens(header.frozen, columns) };
}

/** Some servers unpack on the way; what is not gzip is taken as it is. */
async function unzipped(bytes: Uint8Array): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    const stream = new Blob([bytes.slice()]).stream().pipeThrough(new DecompressionStream('gzip'));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch (cause) {
    throw new DataError('recording: expected a whole gzip file, got one that does not unpack. Load it again.', { cause });
  }
}

function headerOf(file: Uint8Array): Header {
  const length = file.length < 4 ? 0 : new DataView(file.buffer, file.byteOffset).getUint32(0);
  let header: Partial<Header>;
  try {
    header = JSON.parse(new TextDecoder().decode(file.subarray(4, 4 + length))) as Partial<Header>;
  } catch (cause) {
    throw new DataError('recording: expected a file of npm run demo:record, got another or a damaged one. Load it again.', { cause });
  }
  if (header.format !== FORMAT || header.version !== VERSION) {
    throw new DataError(
      `recording: expected ${FORMAT} version ${VERSION}, got ${String(header.format)} version ${String(header.version)}. Make it anew with npm run demo:record.`,
    );
  }
  return header as Header;
}

function storedTrack({ info, frames }: Track, probes: number, writer: PackedWriter): StoredTrack {
  const names = [...new Set(frames.flatMap(({ metrics }) => Object.keys(metrics)))];
  const short = (value: number | undefined): number | null => (value === undefined || !Number.isFinite(value) ? null : Number(value.toPrecision(5)));
  return {
    info,
    steps: frames.map(({ step }) => step),
    metrics: Object.fromEntries(names.map((name) => [name, frames.map(({ metrics }) => short(metrics[name]))])),
    rivers: Array.from({ length: probes }, (_, probe) =>
      storedRiver(
        frames.map(({ rivers }) => rivers[probe] ?? null),
        writer,
      ),
    ),
    tokens: frames.flatMap(({ tokens }) => (tokens ? [storedTokens(tokens, writer, 'half')] : [])),
  };
}

function storedRiver(slices: readonly (RiverSlice | null)[], writer: PackedWriter): StoredRiver {
  const measured = slices.flatMap((slice, place) => (slice ? [{ slice, place }] : []));
  const texts = [...new Set(measured.flatMap(({ slice }) => slice.answers))].toSorted();
  const placeOf = new Map(texts.map((text, place) => [text, place]));
  // By answer within a slice: neighbours are alike, and compress.
  const bands = measured.map(({ slice }) =>
    slice.answers.map((text, i) => [placeOf.get(text)!, slice.probabilities[i]!] as const).toSorted((a, b) => a[0] - b[0]),
  );
  return {
    texts: texts.join(' '),
    frames: measured.map(({ place }) => place),
    bands: bands.map((its) => its.length),
    answers: writer.put(
      'small',
      bands.flatMap((its) => its.map(([place]) => place)),
    ),
    probabilities: writer.put(
      'root',
      bands.flatMap((its) => its.map(([, probability]) => probability)),
    ),
    rest: writer.put(
      'root',
      measured.map(({ slice }) => slice.rest),
    ),
    right: writer.put(
      'root',
      measured.map(({ slice }) => slice.sampledRight),
    ),
    samples: measured[0]?.slice.samples ?? 0,
  };
}

function storedTokens({ rows, columns, flags, ...batch }: TokenBatch, writer: PackedWriter, kind: 'half' | 'single'): StoredTokens {
  const { step, isWhole, maxTokens, tokenCount, rowCount, meanLogProb, meanAdvantage } = batch;
  return {
    ...{ step, isWhole, maxTokens, tokenCount, rowCount, meanLogProb, meanAdvantage },
    rows: rows.map(({ prompt, group, reward, verdict, advantage, truncated, ids }) => [
      prompt,
      group,
      reward,
      verdict,
      Number(advantage.toPrecision(7)),
      truncated ? 1 : 0,
      ids.length,
    ]),
    ids: writer.put(
      'small',
      rows.flatMap(({ ids }) => ids),
    ),
    columns: Object.fromEntries(STORED.map((name) => [name, writer.put(kind, columns[name])])) as Record<StoredColumn, PackedColumn>,
    flags: writer.put('byte', flags),
  };
}

function readTrack({ info, steps, metrics, rivers, tokens }: StoredTrack, columns: Uint8Array): Track {
  const slices = rivers.map((river) => readRiver(river, columns));
  const batches = new Map(tokens.map((stored) => [stored.step, readTokens(stored, columns)]));
  const names = Object.keys(metrics);
  const frames = steps.map((step, place): Frame => ({
    step,
    metrics: Object.fromEntries(
      names.flatMap((name) => (typeof metrics[name]?.[place] === 'number' ? [[name, metrics[name][place]]] : [])),
    ) as Frame['metrics'],
    rivers: slices.map((its) => its.get(place) ?? null),
    tokens: batches.get(step) ?? null,
  }));
  return { info, frames };
}

function readRiver(river: StoredRiver, columns: Uint8Array): ReadonlyMap<number, RiverSlice> {
  const texts = river.texts === '' ? [] : river.texts.split(' ');
  const [answers, probabilities, rests, rights] = [river.answers, river.probabilities, river.rest, river.right].map((column) =>
    readPacked(columns, column),
  ) as [Float32Array, Float32Array, Float32Array, Float32Array];
  const slices = new Map<number, RiverSlice>();
  let at = 0;
  river.frames.forEach((place, slice) => {
    const count = river.bands[slice] ?? 0;
    const bands = Array.from({ length: count }, (_, i) => [texts[answers[at + i]!] ?? '', probabilities[at + i]!] as const).toSorted((a, b) => b[1] - a[1]);
    at += count;
    const rest = rests[slice]!;
    const known = bands.reduce((sum, [, probability]) => sum + probability, 0);
    slices.set(place, {
      answers: bands.map(([text]) => text),
      probabilities: bands.map(([, probability]) => probability),
      rest,
      wrong: Math.max(0, 1 - known - rest),
      samples: river.samples,
      sampledRight: rights[slice]!,
    });
  });
  return slices;
}

function readTokens({ rows: stored, ids: packedIds, columns: packed, flags, ...batch }: StoredTokens, columns: Uint8Array): TokenBatch {
  const allIds = readPacked(columns, packedIds);
  let start = 0;
  const rows = stored.map(([prompt, group, reward, verdict, advantage, truncated, length]) => {
    const ids = Array.from(allIds.subarray(start, start + length));
    const tokens = ids.map((id) => NUMBER_VOCABULARY[id] ?? `<${id}>`);
    const row = {
      prompt,
      group,
      reward,
      verdict,
      advantage,
      truncated: truncated === 1,
      ids,
      tokens,
      text: tokens.filter((token) => token !== '<eos>').join(''),
      start,
    };
    start += length;
    return row;
  });
  const { realisedChange, ...measured } = Object.fromEntries(STORED.map((name) => [name, readPacked(columns, packed[name])])) as Record<
    StoredColumn,
    Float32Array
  >;
  const described = describedTokens({ ...batch, rows }, measured, batch);
  return { ...described, isWhole: batch.isWhole, columns: { ...described.columns, realisedChange }, flags: Uint8Array.from(readPacked(columns, flags)) };
}
