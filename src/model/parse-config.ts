/** Reads an architecture from a model folder's `config.json`. */

import { DataError } from '../base/errors.ts';
import { MODEL_FAMILIES, type ModelConfig, type ModelFamily } from './config.ts';
import { JsonFields } from './json-fields.ts';

/** Far beyond any model; whatever counts layers counts to the number claimed. */
const MAX_LAYERS = 4096;

/**
 * Reads a configuration as transformers 4 or 5 wrote it; both give the same result.
 *
 * Stop and padding tokens of `generation_config.json` win over those of `config.json`, as they do when transformers generates.
 *
 * @param file how errors name the source
 * @throws DataError if the architecture, rope, activation or attention pattern is not one that Entrain computes
 */
export function parseModelConfig(config: unknown, options: { readonly file?: string; readonly generation?: unknown } = {}): ModelConfig {
  const fields = new JsonFields(config, options.file ?? 'config.json');
  const generation = new JsonFields(options.generation ?? {}, 'generation_config.json');
  const family = readFamily(fields);
  if (fields.has('quantization_config')) {
    throw new DataError(`${fields.file}: expected plain weights, got a quantization_config. Load the unquantized model.`);
  }
  const ids = {
    bosId: generation.tokenIds('bos_token_id')[0] ?? fields.tokenIds('bos_token_id')[0] ?? null,
    eosIds: generation.has('eos_token_id') ? generation.tokenIds('eos_token_id') : fields.tokenIds('eos_token_id'),
    padId: generation.tokenIds('pad_token_id')[0] ?? fields.tokenIds('pad_token_id')[0] ?? null,
  };
  return { ...(family === 'gpt2' ? readGpt2(fields) : readRotary(fields, family)), ...ids };
}

type Shape = Omit<ModelConfig, 'bosId' | 'eosIds' | 'padId'>;

function readLayers(fields: JsonFields, name: string): number {
  const layers = fields.count(name);
  if (layers > MAX_LAYERS) fields.refuse(name, `at most ${MAX_LAYERS}`, String(layers));
  return layers;
}

function readRotary(fields: JsonFields, family: ModelFamily): Shape {
  refuseUnsupported(fields);
  const width = fields.count('hidden_size');
  const heads = fields.count('num_attention_heads');
  const layers = readLayers(fields, 'num_hidden_layers');
  return {
    family,
    layers,
    width,
    heads,
    kvHeads: readKvHeads(fields, heads),
    headDim: readHeadDim(fields, family, width, heads),
    ffWidth: fields.count('intermediate_size'),
    vocabSize: fields.count('vocab_size'),
    normEps: fields.positive('rms_norm_eps'),
    ...readRope(fields),
    tied: fields.boolean('tie_word_embeddings', false),
    qkvBias: family === 'qwen2',
    qkNorm: family === 'qwen3',
    slidingWindow: readSlidingWindow(fields, family, layers),
    maxPositions: fields.count('max_position_embeddings'),
  };
}

/** The activations of published GPT-2 models: both names mean the tanh form. */
const TANH_GELUS = ['gelu_new', 'gelu_pytorch_tanh'];

function readGpt2(fields: JsonFields): Shape {
  const activation = fields.text('activation_function', 'gelu_new');
  if (!TANH_GELUS.includes(activation)) fields.refuse('activation_function', TANH_GELUS.join(' or '), activation);
  if (!fields.boolean('scale_attn_weights', true)) fields.refuse('scale_attn_weights', 'true', 'false');
  if (fields.boolean('scale_attn_by_inverse_layer_idx', false)) fields.refuse('scale_attn_by_inverse_layer_idx', 'false', 'true');
  if (fields.boolean('add_cross_attention', false)) fields.refuse('add_cross_attention', 'false', 'true');
  const width = fields.count('n_embd');
  const heads = fields.count('n_head');
  if (width % heads !== 0) throw new DataError(`${fields.file}: expected n_head to divide a width of ${width}, got ${heads}. The file is damaged.`);
  return {
    family: 'gpt2',
    layers: readLayers(fields, 'n_layer'),
    width,
    heads,
    kvHeads: heads,
    headDim: width / heads,
    ffWidth: fields.has('n_inner') ? fields.count('n_inner') : 4 * width,
    vocabSize: fields.count('vocab_size'),
    normEps: fields.has('layer_norm_epsilon') ? fields.positive('layer_norm_epsilon') : 1e-5,
    ropeTheta: 10_000,
    ropeScaling: null,
    tied: fields.boolean('tie_word_embeddings', true),
    qkvBias: true,
    qkNorm: false,
    slidingWindow: null,
    maxPositions: fields.count('n_positions'),
  };
}

function readFamily(fields: JsonFields): ModelFamily {
  const type = fields.text('model_type', '(nothing)');
  const family = MODEL_FAMILIES.find((name) => name === type);
  if (family === undefined) {
    throw new DataError(`${fields.file}: expected model_type ${MODEL_FAMILIES.join(', ')}, got ${type}. Choose a model of one of these families.`);
  }
  return family;
}

/** What would load and then compute something else than the model was trained as. */
function refuseUnsupported(fields: JsonFields): void {
  const activation = fields.text('hidden_act', 'silu');
  if (activation !== 'silu' && activation !== 'swish') fields.refuse('hidden_act', 'silu', activation);
  if (fields.boolean('attention_bias', false)) fields.refuse('attention_bias', 'false', 'true');
  if (fields.boolean('mlp_bias', false)) fields.refuse('mlp_bias', 'false', 'true');
}

function readKvHeads(fields: JsonFields, heads: number): number {
  const kvHeads = fields.has('num_key_value_heads') ? fields.count('num_key_value_heads') : heads;
  if (heads % kvHeads !== 0) {
    throw new DataError(`${fields.file}: expected num_key_value_heads to divide ${heads} heads, got ${kvHeads}. The file is damaged.`);
  }
  return kvHeads;
}

function readHeadDim(fields: JsonFields, family: ModelFamily, width: number, heads: number): number {
  // transformers gives Qwen3 128 where its file is silent, and every other family its share of the width.
  const headDim = fields.has('head_dim') ? fields.count('head_dim') : family === 'qwen3' ? 128 : width / heads;
  if (!Number.isInteger(headDim) || headDim % 2 !== 0) {
    throw new DataError(`${fields.file}: expected an even head_dim for rotary positions, got ${headDim}. The file is damaged.`);
  }
  return headDim;
}

function readRope(fields: JsonFields): Pick<ModelConfig, 'ropeTheta' | 'ropeScaling'> {
  const inner = fields.has('rope_parameters') ? fields.object('rope_parameters') : null;
  const scaling = inner ?? (fields.has('rope_scaling') ? fields.object('rope_scaling') : null);
  const thetas = inner?.has('rope_theta') ? inner : fields;
  const ropeTheta = thetas.has('rope_theta') ? thetas.positive('rope_theta') : 10_000;

  for (const source of [fields, scaling]) {
    const share = source?.has('partial_rotary_factor') ? source.positive('partial_rotary_factor') : 1;
    if (share !== 1) fields.refuse('partial_rotary_factor', '1', String(share));
  }
  const kind = scaling === null ? 'default' : scaling.text('rope_type', scaling.text('type', 'default'));
  if (scaling === null || kind === 'default') return { ropeTheta, ropeScaling: null };
  if (kind !== 'llama3') fields.refuse('rope_type', 'default or llama3', kind);
  return {
    ropeTheta,
    ropeScaling: {
      kind: 'llama3',
      factor: scaling.positive('factor'),
      lowFreqFactor: scaling.positive('low_freq_factor'),
      highFreqFactor: scaling.positive('high_freq_factor'),
      originalMaxPositions: scaling.count('original_max_position_embeddings'),
    },
  };
}

/** Every layer slides or none does: a mixture would need a window per layer. */
function readSlidingWindow(fields: JsonFields, family: ModelFamily, layers: number): number | null {
  const window = fields.has('sliding_window') ? fields.count('sliding_window') : null;
  if (window === null || family === 'llama') return null;
  if (family !== 'mistral' && !fields.boolean('use_sliding_window', false)) return null;

  const sliding = slidingLayers(fields, family, layers);
  if (sliding === 0) return null;
  if (sliding !== layers) {
    fields.refuse('layer_types', 'one kind of attention in every layer', `${sliding} sliding layers of ${layers}`);
  }
  return window;
}

/** How many layers have a sliding window, where the file names one. */
function slidingLayers(fields: JsonFields, family: ModelFamily, layers: number): number {
  const types = fields.texts('layer_types');
  if (types !== null) {
    const unknown = types.find((type) => type !== 'full_attention' && type !== 'sliding_attention');
    if (unknown !== undefined) fields.refuse('layer_types', 'full_attention or sliding_attention', unknown);
    if (types.length !== layers) fields.refuse('layer_types', `${layers} entries`, String(types.length));
    return types.filter((type) => type === 'sliding_attention').length;
  }
  if (family === 'mistral') return layers;
  const first = fields.has('max_window_layers') ? fields.natural('max_window_layers') : 0;
  return Math.max(0, layers - first);
}
