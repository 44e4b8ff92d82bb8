/** What `verify models` computes with the engine and compares, one function per part of a fixture. */

import { Random } from '../../src/base/random.ts';
import { type Device, tensorOf } from '../../src/gpu/device.ts';
import { elementsOf } from '../../src/gpu/tensor.ts';
import { rowsOf } from '../../src/kernels/rows.ts';
import type { ModelConfig } from '../../src/model/config.ts';
import type { TokenStats } from '../../src/model/head.ts';
import { createLora, type LoraAdapter, type LoraOptions, mergeLora } from '../../src/model/lora.ts';
import { forwardNorm, statisticsWidth } from '../../src/model/norm.ts';
import { packGroups, type PackedBatch } from '../../src/model/packing.ts';
import { createParameters, loadParameters, type Parameters, readParts } from '../../src/model/parameters.ts';
import { readPart } from '../../src/model/published-part.ts';
import { baseWeights, createRopeTable, Transformer } from '../../src/model/transformer.ts';
import type { Weights } from '../../src/model/weights.ts';
import { AdamW } from '../../src/optim/adamw.ts';
import { PolicySampler } from '../../src/rollout/sampler.ts';
import { logitsOf } from './logits.ts';
import type { Tally } from './tally.ts';

export interface ModelCase {
  readonly folder: string;
  readonly config: ModelConfig;
  readonly weights: Weights;
  readonly io: Weights;
  readonly tolerances: Readonly<Record<string, number>>;
  /** A PEFT adapter beside the model: then it alone is trained. */
  readonly adapter: { readonly weights: Weights; readonly options: LoraOptions } | null;
}

/** The optimizer of the fixtures. */
const ADAMW = { betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0.01, maxGradNorm: 1 } as const;
const LR = 1e-3;

interface Inputs {
  readonly B: number;
  readonly T: number;
  readonly temperature: number;
  readonly mask: Int32Array;
  /** Valid tokens of each row packed as a prompt of one token and a continuation; slots are b · T + column. */
  readonly packed: PackedBatch;
  /** The table slot of each packed token. */
  readonly slotOf: readonly number[];
}

async function readIntegers(io: Weights, name: string): Promise<Int32Array> {
  const bytes = await io.readBytes(name);
  return new Int32Array(bytes.slice().buffer);
}

async function readInputs({ io }: ModelCase): Promise<Inputs> {
  const [B = 0, T = 0] = io.tensors.get('input_ids')?.shape ?? [];
  const ids = await readIntegers(io, 'input_ids');
  const mask = await readIntegers(io, 'attention_mask');
  const targets = io.tensors.has('target_ids') ? await readIntegers(io, 'target_ids') : ids;
  const [temperature = 1] = io.tensors.has('temperature') ? await io.read('temperature') : [];
  const slotOf: number[] = [];
  const groups = Array.from({ length: B }, (_, b) => {
    const slots = Array.from({ length: T }, (_, t) => b * T + t).filter((slot) => mask[slot] === 1);
    slotOf.push(...slots);
    return {
      prompt: slots.slice(0, 1).map((slot) => ids[slot]!),
      continuations: [{ inputs: slots.slice(1).map((slot) => ids[slot]!), targets: slots.map((slot) => targets[slot]!), slot: slots[0]! }],
    };
  });
  return { B, T, temperature, mask, packed: packGroups(groups), slotOf };
}

interface Loaded {
  readonly device: Device;
  readonly parameters: Parameters;
  readonly model: Transformer;
  readonly tables: TokenStats;
  readonly inputs: Inputs;
}

async function load(model: ModelCase, device: Device): Promise<Loaded> {
  const inputs = await readInputs(model);
  const parameters = createParameters(device, model.config);
  await loadParameters(device, parameters, model.weights);
  const adapter = await loadAdapter(model, device, parameters);
  const room = inputs.B * inputs.T;
  const transformer = new Transformer(device, model.config, parameters, { maxPositions: inputs.T, maxTokens: room, maxPredictions: room }, adapter);
  const table = (...more: number[]) => device.create('f32', [inputs.B, inputs.T, ...more], 'tables/verify');
  return { device, parameters, model: transformer, inputs, tables: { logProbs: table(), entropies: table(), moments: table(6) } };
}

async function loadAdapter({ adapter }: ModelCase, device: Device, parameters: Parameters): Promise<LoraAdapter | null> {
  if (!adapter) return null;
  const lora = createLora(device, parameters, adapter.options);
  await loadParameters(device, lora, adapter.weights);
  return lora;
}

/** Logits alone, against a tensor of the fixture. */
export async function checkLogits(model: ModelCase, device: Device, tally: Tally, name: string): Promise<void> {
  const { config, io, tolerances } = model;
  const { parameters, model: transformer, tables, inputs } = await load(model, device);
  const count = inputs.packed.tokens.length;
  transformer.forward(transformer.place(inputs.packed), tables, inputs.temperature);
  const logits = await logitsOf(device, config, parameters, transformer.streams.at(-1)!, count);
  comparePacked(tally, name, tolerances['logits_abs']!, logits, await io.read(name), inputs.slotOf, config.vocabSize, name);
}

/** Logits, hidden states, log-probs and entropies. */
export async function checkForward(model: ModelCase, device: Device, tally: Tally): Promise<void> {
  const { config, io, tolerances } = model;
  const { parameters, model: transformer, tables, inputs } = await load(model, device);
  const { packed, slotOf, mask } = inputs;
  const { width, vocabSize } = config;
  const count = packed.tokens.length;
  transformer.forward(transformer.place(packed), tables, inputs.temperature);

  for (const layer of transformer.streams.keys()) {
    const isLast = layer === config.layers;
    const hidden = isLast ? normalised(device, config, parameters, transformer, count) : transformer.streams[layer]!.as(count, width);
    comparePacked(tally, 'hidden', tolerances['hidden_abs']!, await device.read(hidden), await io.read(`hidden.${layer}`), slotOf, width, `hidden.${layer}`);
  }

  const logits = await logitsOf(device, config, parameters, transformer.streams.at(-1)!, count);
  comparePacked(tally, 'logits', tolerances['logits_abs']!, logits, await io.read('logits'), slotOf, vocabSize, 'logits');

  if (model.adapter) await checkAdapterOffAndMerged(model, device, tally, transformer, inputs);

  const valid = (limit: number) => (i: number) => (mask[i] === 1 ? limit : null);
  const { log_probs_abs: logProbLimit = 0, entropies_abs: entropyLimit = 0 } = tolerances;
  tally.compare('log_probs', `${logProbLimit}`, await device.read(tables.logProbs), await io.read('log_probs'), valid(logProbLimit), 'log_probs');
  tally.compare('entropies', `${entropyLimit}`, await device.read(tables.entropies), await io.read('entropies'), valid(entropyLimit), 'entropies');
}

/** The base model under a switched-off adapter, and the model with its adapter folded in. */
async function checkAdapterOffAndMerged(
  { config, io, tolerances }: ModelCase,
  device: Device,
  tally: Tally,
  model: Transformer,
  { packed, slotOf }: Inputs,
): Promise<void> {
  const { vocabSize } = config;
  const count = packed.tokens.length;
  const limit = tolerances['logits_abs']!;
  const compare = async (name: string) => {
    const stream = model.runBlocks(model.place(packed), baseWeights(model.parameters));
    comparePacked(tally, name, limit, await logitsOf(device, config, model.parameters, stream, count), await io.read(name), slotOf, vocabSize, name);
  };
  await compare('logits_base');
  mergeLora(device, model.parameters, model.adapter!);
  await compare('logits_merged');
}

function normalised(device: Device, config: ModelConfig, { finalNorm: weight, finalNormBias: bias }: Parameters, model: Transformer, count: number) {
  const out = device.create('f32', [count, config.width], 'verify/norm');
  const statistics = device.create('f32', [count, statisticsWidth(config)], 'verify/statistics');
  forwardNorm({ device, config, count, weight, bias, x: model.streams.at(-1)!, statistics }, rowsOf(out, config.width));
  return out;
}

function comparePacked(
  tally: Tally,
  quantity: string,
  limit: number,
  got: ArrayLike<number>,
  expected: Float32Array,
  slotOf: readonly number[],
  width: number,
  label: string,
): void {
  const placed = Float64Array.from(slotOf.flatMap((slot) => Array.from(expected.subarray(slot * width, (slot + 1) * width))));
  tally.compare(quantity, `${limit}`, got, placed, () => limit, label);
}

/** Loss, gradients, their norm, the optimizer, and five steps. */
export async function checkTraining(model: ModelCase, device: Device, tally: Tally): Promise<void> {
  const { io, tolerances } = model;
  const { model: transformer, tables, inputs } = await load(model, device);
  const { B, T, temperature, packed } = inputs;
  const weights = { logProb: await io.read('w_logp'), entropy: await io.read('w_ent') };
  const byLogProb = tensorOf(device, 'f32', [B, T], weights.logProb, 'tables/byLogProb');
  const byEntropy = tensorOf(device, 'f32', [B, T], weights.entropy, 'tables/byEntropy');
  const trained = transformer.trained.map((parameter) => ({
    name: parameter.name,
    weights: parameter.weights,
    gradient: transformer.gradients.get(parameter)!,
  }));
  const optimizer = new AdamW(device, trained, ADAMW);

  const losses: number[] = [];
  const norms: number[] = [];
  const lossNow = async (): Promise<number> => {
    const [logProbs, entropies] = [await device.read(tables.logProbs), await device.read(tables.entropies)];
    let loss = 0;
    for (let i = 0; i < B * T; i++) if (inputs.mask[i]) loss += weights.logProb[i]! * logProbs[i]! + weights.entropy[i]! * entropies[i]!;
    return loss;
  };
  for (let step = 0; step < 5; step++) {
    const batch = transformer.place(packed);
    transformer.forward(batch, tables, temperature);
    losses.push(await lossNow());
    transformer.clearGradients();
    transformer.backward(batch, { byLogProb, byEntropy }, temperature);
    if (step === 0) await checkGradients(model, device, tally, transformer);
    norms.push((await optimizer.update(LR)).gradNorm);
    if (step === 0) await checkAfterUpdate(model, device, tally, transformer);
  }
  transformer.forward(transformer.place(packed), tables, temperature);
  losses.push(await lossNow());

  const { loss_abs = 0, grad_norm_rel = 0, train_loss_abs = 0, train_grad_norm_rel = 0 } = tolerances;
  const [norm = 0] = await io.read('grad_norm');
  tally.compare('loss', `${loss_abs}`, losses.slice(0, 1), await io.read('loss'), () => loss_abs, 'loss');
  tally.compare('grad_norm', `${grad_norm_rel} relative`, norms.slice(0, 1), [norm], () => grad_norm_rel * norm, 'grad_norm');
  const expectedNorms = await io.read('train_grad_norm');
  tally.compare('train_loss', `${train_loss_abs}`, losses, await io.read('train_loss'), () => train_loss_abs, 'train_loss');
  tally.compare('train_grad_norm', `${train_grad_norm_rel} relative`, norms, expectedNorms, (i) => train_grad_norm_rel * expectedNorms[i]!, 'train_grad_norm');
  await checkOptimizerAlone(model, device, tally);
}

async function checkGradients({ io, tolerances }: ModelCase, device: Device, tally: Tally, model: Transformer): Promise<void> {
  const { grads_relative_to_tensor_max: ofTensor = 0, grads_relative_to_largest: ofLargest = 0 } = tolerances;
  const got = await readParts(device, { all: model.trained }, (parameter) => model.gradients.get(parameter)!);
  const expected = new Map<string, Float32Array>();
  for (const name of got.keys()) expected.set(name, await io.read(`grad.${name}`));
  const largest = Math.max(...[...expected.values()].map(largestOf));
  for (const [name, { data: values }] of got) {
    const limit = ofTensor * largestOf(expected.get(name)!) + ofLargest * largest;
    tally.compare('gradients', `${ofTensor} of the tensor's largest + ${ofLargest} of all`, values, expected.get(name)!, () => limit, `grad.${name}`);
  }
}

/** Elements whose first step is decided by more than rounding: the step of the others may have either sign. */
async function firmElements({ io }: ModelCase, name: string): Promise<(i: number) => boolean> {
  const [norm = 1] = await io.read('grad_norm');
  const factor = Math.min(1, ADAMW.maxGradNorm / (norm + 1e-6));
  const gradient = await io.read(`grad.${name}`);
  const least = 1e-3 * largestOf(gradient);
  return (i) => Math.abs(gradient[i]!) * factor >= 1e-6 && Math.abs(gradient[i]!) >= least;
}

async function checkAfterUpdate(model: ModelCase, device: Device, tally: Tally, { trained }: Transformer): Promise<void> {
  const limit = model.tolerances['adamw_abs_on_firm_elements'] ?? 0;
  const otherLimit = 2.1e-3; // a sanity check: these steps are rounding noise divided by itself
  for (const [name, { data: values }] of await readParts(device, { all: trained })) {
    const expected = await model.io.read(`after_adamw.${name}`);
    const isFirm = await firmElements(model, name);
    tally.compare('after_adamw, firm', `${limit}`, values, expected, (i) => (isFirm(i) ? limit : null), name);
    tally.compare('after_adamw, other', `${otherLimit}`, values, expected, (i) => (isFirm(i) ? null : otherLimit), name);
  }
}

/** The optimizer fed the stored gradients: every element. */
async function checkOptimizerAlone(model: ModelCase, device: Device, tally: Tally): Promise<void> {
  const limit = model.tolerances['adamw_abs_from_stored_grads'] ?? 0;
  const parameters = createParameters(device, model.config);
  await loadParameters(device, parameters, model.weights);
  const all = ((await loadAdapter(model, device, parameters)) ?? parameters).all;
  const trained = [];
  for (const parameter of all) {
    const gradient = new Float32Array(elementsOf(parameter.shape));
    for (const part of parameter.parts) gradient.set(await readPart({ ...part, name: `grad.${part.name}` }, model.io), part.offset);
    trained.push({ name: parameter.name, weights: parameter.weights, gradient: tensorOf(device, 'f32', parameter.shape, gradient, 'verify/gradient') });
  }
  await new AdamW(device, trained, ADAMW).update(LR);
  for (const [name, { data: values }] of await readParts(device, { all })) {
    tally.compare('adamw from stored gradients', `${limit}`, values, await model.io.read(`after_adamw.${name}`), () => limit, name);
  }
}

/** Greedy tokens through the cache, without and with stop tokens. */
export async function checkGeneration(model: ModelCase, device: Device, tally: Tally): Promise<void> {
  const { config, io, tolerances } = model;
  const [G = 0, P = 0] = io.tensors.get('gen.prompt_ids')?.shape ?? [];
  const [, steps = 0] = io.tensors.get('gen.tokens')?.shape ?? [];
  const ids = await readIntegers(io, 'gen.prompt_ids');
  const mask = await readIntegers(io, 'gen.prompt_mask');
  const prompts = Array.from({ length: G }, (_, g) => Uint32Array.from(ids.subarray(g * P, (g + 1) * P)).filter((_, t) => mask[g * P + t] === 1));

  const parameters = createParameters(device, config);
  await loadParameters(device, parameters, model.weights);
  const weights = { parameters, adapter: await loadAdapter(model, device, parameters) };
  const sampler = new PolicySampler(device, config, weights, createRopeTable(device, config, P + steps), {
    maxRows: G,
    maxPromptTokens: G * P,
    maxTokens: steps,
  });
  const greedy = { n: 1, maxTokens: steps, temperature: 0, topK: 0, topP: 1, minP: 0, repetitionPenalty: 1 };
  const random = Random.seeded(0);
  const free = await sampler.sample(prompts, { ...greedy, stopIds: [] }, random);
  const exact = () => 0.5; // integers: anything but equal is a miss
  tally.compare(
    'greedy tokens',
    'equal',
    free.flatMap(({ tokens }) => Array.from(tokens)),
    await readIntegers(io, 'gen.tokens'),
    exact,
    'gen.tokens',
  );
  const limit = tolerances['log_probs_abs'] ?? 0;
  tally.compare(
    'greedy log_probs',
    `${limit}`,
    free.flatMap(({ logProbs }) => Array.from(logProbs)),
    await io.read('gen.log_probs'),
    () => limit,
    'gen.log_probs',
  );

  const stopIds = Array.from(await readIntegers(io, 'gen.stop_ids'));
  const [pad = 0] = await readIntegers(io, 'gen.pad_id');
  const stopped = await sampler.sample(prompts, { ...greedy, stopIds }, random);
  const padded = stopped.flatMap(({ tokens }) => [...tokens, ...Array.from({ length: steps - tokens.length }, () => pad)]);
  tally.compare('stopped tokens', 'equal', padded, await readIntegers(io, 'gen.stopped_tokens'), exact, 'gen.stopped_tokens');
  tally.compare(
    'stopped lengths',
    'equal',
    stopped.map(({ tokens }) => tokens.length),
    await readIntegers(io, 'gen.stopped_lengths'),
    exact,
    'gen.stopped_lengths',
  );
}

function largestOf(values: Float32Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
