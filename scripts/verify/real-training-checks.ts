/** Training a published model on one batch, whole and through an adapter: log-probs, gradients at chosen places, three AdamW steps. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Device, tensorOf } from '../../src/gpu/device.ts';
import type { ModelConfig } from '../../src/model/config.ts';
import { createLora, type LoraAdapter } from '../../src/model/lora.ts';
import { packGroups, type PackedBatch } from '../../src/model/packing.ts';
import { loadParameters, type Parameters, readParts } from '../../src/model/parameters.ts';
import { parseAdapterConfig } from '../../src/model/peft.ts';
import { Transformer } from '../../src/model/transformer.ts';
import { openFile } from '../../src/model/weights-node.ts';
import { openWeights, type Weights } from '../../src/model/weights.ts';
import { AdamW } from '../../src/optim/adamw.ts';
import type { RealMeta } from './real-model-checks.ts';
import type { Tally } from './tally.ts';

type Trained = 'full' | 'lora';

const QUANTITIES = ['log_probs', 'entropies', 'loss', 'gradients', 'gradient norms', 'train_loss', 'train_grad_norm'] as const;
export const TRAINED_QUANTITIES = (['full', 'lora'] as const).flatMap((trained) => QUANTITIES.map((quantity) => `${trained} ${quantity}`));

interface TrainingCase {
  readonly folder: string;
  readonly config: ModelConfig;
  readonly parameters: Parameters;
  readonly io: Weights;
  readonly meta: RealMeta;
}

interface Batch {
  readonly B: number;
  readonly T: number;
  readonly packed: PackedBatch;
  readonly temperature: number;
  readonly byLogProb: Float32Array;
  readonly byEntropy: Float32Array;
}

/** The adapter first: it leaves the model's own weights as they are. */
export async function checkRealTraining(one: TrainingCase, device: Device, tally: Tally): Promise<void> {
  const batch = await readBatch(one.io);
  await checkTrained(one, 'lora', await openLora(one, device), batch, device, tally);
  await checkTrained(one, 'full', null, batch, device, tally);
}

async function openLora({ folder, parameters }: TrainingCase, device: Device): Promise<LoraAdapter> {
  const file = join(folder, 'lora', 'adapter_config.json');
  const lora = createLora(device, parameters, parseAdapterConfig(JSON.parse(await readFile(file, 'utf8')), file));
  await loadParameters(device, lora, await openWeights(await openFile(join(folder, 'lora', 'adapter_model.safetensors'))));
  return lora;
}

async function readBatch(io: Weights): Promise<Batch> {
  const [B = 0, T = 0] = io.tensors.get('input_ids')?.shape ?? [];
  const integers = async (name: string) => new Int32Array((await io.readBytes(name)).slice().buffer);
  const [ids, mask, targets] = [await integers('input_ids'), await integers('attention_mask'), await integers('target_ids')];
  const groups = Array.from({ length: B }, (_, b) => {
    const slots = Array.from({ length: T }, (_, t) => b * T + t).filter((slot) => mask[slot] === 1);
    const inputs = slots.slice(1).map((slot) => ids[slot]!);
    return { prompt: [ids[slots[0]!]!], continuations: [{ inputs, targets: slots.map((slot) => targets[slot]!), slot: slots[0]! }] };
  });
  const [temperature = 1] = await io.read('temperature');
  return { B, T, packed: packGroups(groups), temperature, byLogProb: await io.read('w_logp'), byEntropy: await io.read('w_ent') };
}

async function checkTrained(one: TrainingCase, trained: Trained, adapter: LoraAdapter | null, batch: Batch, device: Device, tally: Tally): Promise<void> {
  const { config, parameters, io, meta } = one;
  const { B, T, packed, temperature } = batch;
  const model = new Transformer(device, config, parameters, { maxPositions: T, maxTokens: B * T, maxPredictions: B * T }, adapter);
  const table = (...more: number[]) => device.create('f32', [B, T, ...more], 'tables/verify');
  const tables = { logProbs: table(), entropies: table(), moments: table(6) };
  const slopes = {
    byLogProb: tensorOf(device, 'f32', [B, T], batch.byLogProb, 'tables/byLogProb'),
    byEntropy: tensorOf(device, 'f32', [B, T], batch.byEntropy, 'tables/byEntropy'),
  };
  const { lr, betas, eps, weight_decay: weightDecay } = meta.adamw;
  const moved = model.trained.map((parameter) => ({ name: parameter.name, weights: parameter.weights, gradient: model.gradients.get(parameter)! }));
  const optimizer = new AdamW(device, moved, { betas, eps, weightDecay, maxGradNorm: meta.max_grad_norm });
  const expectedNorms = await io.read(`${trained}.train_grad_norm`);
  const [losses, norms]: [number[], number[]] = [[], []];
  for (let step = 0; step <= expectedNorms.length; step++) {
    const placed = model.place(packed);
    model.forward(placed, tables, temperature);
    const said = { logProbs: await device.read(tables.logProbs), entropies: await device.read(tables.entropies) };
    losses.push(lossOf(batch, said));
    if (step === 0) await checkSaid(one, trained, batch, said, losses[0]!, tally);
    if (step === expectedNorms.length) break;
    model.clearGradients();
    model.backward(placed, slopes, temperature);
    if (step === 0) await checkGradients(one, trained, model, device, tally);
    norms.push((await optimizer.update(lr)).gradNorm);
  }
  const lossLimit = meta.tolerances[`train_loss_${trained}`] ?? 0;
  const normLimit = meta.tolerances['train_grad_norm_relative'] ?? 0;
  const allowedNorm = (i: number) => normLimit * expectedNorms[i]!;
  tally.compare(`${trained} train_loss`, `${lossLimit}`, losses, await io.read(`${trained}.train_loss`), () => lossLimit, 'train_loss');
  tally.compare(`${trained} train_grad_norm`, `${normLimit} relative`, norms, expectedNorms, allowedNorm, 'train_grad_norm');
}

interface Said {
  readonly logProbs: ArrayLike<number>;
  readonly entropies: ArrayLike<number>;
}

function lossOf({ byLogProb, byEntropy }: Batch, { logProbs, entropies }: Said): number {
  let loss = 0;
  byLogProb.forEach((weight, i) => {
    if (weight !== 0) loss += weight * logProbs[i]!;
    if (byEntropy[i] !== 0) loss += byEntropy[i]! * entropies[i]!;
  });
  return loss;
}

/** Log-probs and entropies where a coefficient is, and the loss they add up to. */
async function checkSaid({ io, meta }: TrainingCase, trained: Trained, batch: Batch, said: Said, loss: number, tally: Tally): Promise<void> {
  const { log_probs: logProbLimit = 0, entropies: entropyLimit = 0, loss_per_coefficient: perCoefficient = 0 } = meta.tolerances;
  const counts = (limit: number) => (i: number) => (batch.byLogProb[i] !== 0 || batch.byEntropy[i] !== 0 ? limit : null);
  const compare = async (name: string, got: ArrayLike<number>, limit: number) =>
    tally.compare(`${trained} ${name}`, `${limit}`, got, await io.read(`${trained}.${name}`), counts(limit), name);
  await compare('log_probs', said.logProbs, logProbLimit);
  await compare('entropies', said.entropies, entropyLimit);
  const coefficients = [...batch.byLogProb, ...batch.byEntropy].reduce((sum, weight) => sum + Math.abs(weight), 0);
  const allowed = perCoefficient * coefficients;
  tally.compare(`${trained} loss`, `${perCoefficient} a coefficient`, [loss], await io.read(`${trained}.loss`), () => allowed, 'loss');
}

/** Each parameter's gradient at the places the fixture names, and its norm. */
async function checkGradients({ io, meta }: TrainingCase, trained: Trained, model: Transformer, device: Device, tally: Tally): Promise<void> {
  const { grad_of_tensor_max: ofLargest = 0, grad_norm_relative: relative = 0 } = meta.tolerances;
  for (const [partName, { data }] of await readParts(device, { all: model.trained }, (parameter) => model.gradients.get(parameter)!)) {
    const name = partName.replace('base_model.model.', '');
    const places = new Int32Array((await io.readBytes(`${trained}.grad_at.${name}`)).slice().buffer);
    const [largest = 0] = await io.read(`${trained}.grad_max.${name}`);
    const [expectedNorm = 0] = await io.read(`${trained}.grad_norm.${name}`);
    const picked = Array.from(places, (place) => data[place]!);
    const allowed = ofLargest * largest;
    tally.compare(`${trained} gradients`, `${ofLargest} of the tensor's largest`, picked, await io.read(`${trained}.grad.${name}`), () => allowed, name);
    const norm = Math.sqrt(data.reduce((sum, value) => sum + value * value, 0));
    tally.compare(`${trained} gradient norms`, `${relative} relative`, [norm], [expectedNorm], () => relative * expectedNorm, name);
  }
}
