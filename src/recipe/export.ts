/**
 * Takes a policy away: as a PEFT adapter, as safetensors in Hugging Face's layout with the adapter merged, or as a GGUF file.
 *
 * What was written is opened again, compared tensor by tensor, and put on the device in the policy's place to say the same logits; only
 * then are the files given their names.
 */

import { DataError, Interrupted, RecipeError } from '../base/errors.ts';
import { Random } from '../base/random.ts';
import type { Device } from '../gpu/device.ts';
import { createLora, type LoraAdapter, mergeLora } from '../model/lora.ts';
import { createParameters, loadParameters, type Parameters, publishedTensors } from '../model/parameters.ts';
import { baseWeights, type PolicyWeights } from '../model/transformer.ts';
import type { Weights } from '../model/weights.ts';
import { promptLogits } from '../rollout/prompt-logits.ts';
import { openAdapter, openPolicy, type Policy } from './build-policy.ts';
import { checkTokenizer } from './export-tokenizer-check.ts';
import { type ExportPlan, type ExportStorage, ggufFiles, peftFiles, safetensorsFiles } from './export-files.ts';
import { type LogitDistance, logitDistance } from './logit-distance.ts';
import type { Recipe } from './recipe.ts';
import type { AdapterSource, BuildServices } from './services.ts';

/** What is exported, and how. */
export interface ExportRequest {
  readonly storage: ExportStorage;
  /** Of the model, in metadata. */
  readonly name: string;
  /** Safetensors files are at most this large, though a tensor is never cut. */
  readonly maxShardBytes: number;
  /** What an adapter's configuration calls its base model. */
  readonly base: string | null;
  readonly signal?: AbortSignal;
}

/** Where files go: beside their place, until all are there. */
export interface ExportPlace {
  /** The file's own name where one file is written. */
  readonly file: string;
  /** How services open what was written so far: a folder, or the file. */
  readonly path: string;
  write(file: string, content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<number>;
  openAdapter(): Promise<Omit<AdapterSource, 'base'>>;
  /** Gives the files their place. */
  keep(): Promise<string>;
  discard(): Promise<void>;
}

/** What was written, and how near it says what the policy says. */
export interface Exported {
  readonly path: string;
  readonly files: readonly { readonly file: string; readonly bytes: number }[];
  /** Between the live policy and what was read back, on a text of `tokens`. */
  readonly distance: LogitDistance;
  readonly tokens: number;
  /** How far the adapter moves the policy from its base; null where there is none. */
  readonly adapter: LogitDistance | null;
  readonly notes: readonly string[];
}

/** Nats a token that storage in a type may cost; a wrong tensor costs a thousand times more. */
export const EXPORT_BOUNDS = { f32: 1e-6, f16: 1e-3, bf16: 2e-2, q8_0: 2e-2 } as const;

const PROBE_TEXT = 'The quick brown fox jumps over the lazy dog: 17 + 25 = 42.\n';
const PROBE_TOKENS = 32;

/**
 * Writes the policy of a recipe in a format, reads it back, compares, and keeps or discards.
 *
 *   const place = await openExportPlace({ path: 'out/model-f16.gguf', kind: 'file', force: false });
 *   const storage = { format: 'gguf', type: 'f16' } as const;
 *   await exportPolicy(recipe, nodeServices(device), place, { storage, name: 'model', maxShardBytes: 5e9, base: null });
 *
 * @throws RecipeError if the policy has no adapter to export
 * @throws DataError if a file cannot be written, or what is read back is not the policy
 */
export async function exportPolicy(recipe: Recipe, services: BuildServices, place: ExportPlace, request: ExportRequest): Promise<Exported> {
  try {
    const live = await openLive(recipe, services);
    const { files, notes, distance } = await (request.storage.format === 'peft' ? exportAdapter : exportModel)(live, services, place, request);
    const { tokens, adapter } = live.probe;
    return { path: await place.keep(), files, distance, tokens, adapter, notes };
  } finally {
    await place.discard();
  }
}

/** The policy on the device, and what it says to a text. */
interface Live {
  readonly device: Device;
  readonly policy: Policy;
  readonly parameters: Parameters;
  readonly adapter: LoraAdapter | null;
  readonly base: string | null;
  readonly probe: { readonly ids: Uint32Array; readonly logits: Float32Array; readonly tokens: number; readonly adapter: LogitDistance | null };
}

async function openLive(recipe: Recipe, services: BuildServices): Promise<Live> {
  const { device } = services;
  const policy = await openPolicy(recipe, services);
  const parameters = createParameters(device, policy.config);
  await policy.load(parameters);
  const adapter = await openAdapter(recipe, policy, services, parameters);
  const ids = probeIds(policy, recipe.seed);
  const logits = await say(device, policy, { parameters, adapter }, ids);
  const moved = adapter ? logitDistance(logits, await say(device, policy, baseWeights(parameters), ids), policy.config.vocabSize) : null;
  return { device, policy, parameters, adapter, base: policy.adapter?.base ?? recipe.model.path, probe: { ids, logits, tokens: ids.length, adapter: moved } };
}

/** A sentence, and tokens from all over the vocabulary: an embedding row or a head row that is wrong shows. */
function probeIds({ config, tokenizer }: Policy, seed: number): Uint32Array {
  const random = Random.seeded(seed).fork('export-probe');
  const text = [...tokenizer.encode(PROBE_TEXT)].slice(0, PROBE_TOKENS / 2);
  const length = Math.min(PROBE_TOKENS, config.maxPositions);
  return Uint32Array.from({ length }, (_, i) => text[i] ?? random.below(config.vocabSize, i));
}

function say(device: Device, { config }: Policy, weights: PolicyWeights, ids: Uint32Array): Promise<Float32Array> {
  return promptLogits(device, config, weights, ids.length)(ids);
}

type Outcome = Pick<Exported, 'files' | 'notes' | 'distance'>;

async function exportAdapter(live: Live, _: BuildServices, place: ExportPlace, request: ExportRequest): Promise<Outcome> {
  const { device, policy, parameters, adapter, probe } = live;
  if (!adapter)
    throw new RecipeError([
      { path: 'lora', message: 'expected a policy with an adapter to export as peft, got one trained whole. Export safetensors or gguf instead.' },
    ]);
  const plan = await peftFiles(device, adapter, request.base ?? live.base);
  const files = await writeAll(plan, place, request.signal);
  const { options, weights } = await place.openAdapter();
  await compareTensors(device, adapter, weights, plan);
  const again = createLora(device, parameters, options);
  await loadParameters(device, again, weights);
  const distance = logitDistance(probe.logits, await say(device, policy, { parameters, adapter: again }, probe.ids), policy.config.vocabSize);
  if (distance.logit !== 0) throw differs(place, 'the same logits, as it holds the same numbers', `a difference of ${distance.logit}`);
  return { files, notes: plan.notes, distance };
}

async function exportModel(live: Live, services: BuildServices, place: ExportPlace, request: ExportRequest): Promise<Outcome> {
  const { device, policy, parameters, adapter, probe } = live;
  const { storage } = request;
  if (adapter) mergeLora(device, parameters, adapter);
  const merged = adapter ? await say(device, policy, baseWeights(parameters), probe.ids) : probe.logits;
  const plan =
    storage.format === 'gguf'
      ? ggufFiles(device, policy, parameters, { storage: storage.type, name: request.name, file: place.file })
      : safetensorsFiles(device, policy, parameters, { type: storage.type, maxShardBytes: request.maxShardBytes });
  const files = await writeAll(plan, place, request.signal);

  const { config, weights } = await services.openModel(place.path);
  compareConfigs(place, config, policy.config);
  await compareTensors(device, parameters, weights, plan);
  if (plan.notes.length === 0) checkTokenizer(place.path, policy.tokenizer, (await services.openTokenizer(place.path)).tokenizer);
  // It takes the policy's place on the device: there is room for one.
  await loadParameters(device, parameters, weights);
  const again = await say(device, policy, baseWeights(parameters), probe.ids);
  if (storage.type === 'f32') {
    const { logit } = logitDistance(merged, again, policy.config.vocabSize);
    if (logit !== 0) throw differs(place, 'the same logits, as it holds the same numbers', `a difference of ${logit}`);
  }
  const distance = logitDistance(probe.logits, again, policy.config.vocabSize);
  const bound = EXPORT_BOUNDS[storage.type];
  if (!(distance.kl <= bound)) throw differs(place, `the live policy within ${bound} nats a token, as ${storage.type} allows`, `${distance.kl}`);
  return { files, notes: plan.notes, distance };
}

async function writeAll({ files }: ExportPlan, place: ExportPlace, signal?: AbortSignal): Promise<Exported['files']> {
  const written: { file: string; bytes: number }[] = [];
  for (const { file, content } of files) written.push({ file, bytes: await place.write(file, untilAborted(content, signal)) });
  return written;
}

async function* untilAborted(content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  for await (const piece of content) {
    if (signal?.aborted) throw new Interrupted('export: interrupted; nothing was kept.');
    yield piece;
  }
}

/** Shapes that read alike give the same model; stop tokens may have been gathered from several files. */
function compareConfigs(place: ExportPlace, got: Policy['config'], want: Policy['config']): void {
  const shapeOf = ({ eosIds: _ends, bosId: _first, padId: _pad, ...shape }: Policy['config']): string =>
    JSON.stringify(Object.entries(shape).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  if (shapeOf(got) !== shapeOf(want)) throw differs(place, shapeOf(want), shapeOf(got));
}

async function compareTensors(device: Device, parameters: Pick<Parameters, 'all'>, weights: Weights, { expected }: ExportPlan): Promise<void> {
  for await (const tensor of publishedTensors(device, parameters)) {
    const [got, want] = [await weights.read(tensor.name), expected(tensor)];
    const at = got.length === want.length ? want.findIndex((value, i) => value !== got[i]) : 0;
    if (at >= 0)
      throw new DataError(
        `${weights.name}: ${tensor.name}: expected ${want[at]} at element ${at}, as it was written, got ${got[at]}. The disk is failing or the file was changed; export again.`,
      );
  }
}

function differs({ path }: ExportPlace, expected: string, got: string): DataError {
  return new DataError(`${path}: expected what was written to be ${expected}, got ${got}. Nothing was kept; this is a fault of Entrain, please report it.`);
}
