/** A model's shape as the `config.json` other tools read. */

import type { ModelConfig, ModelFamily } from './config.ts';

const ARCHITECTURES: Readonly<Record<ModelFamily, string>> = {
  llama: 'LlamaForCausalLM',
  mistral: 'MistralForCausalLM',
  qwen2: 'Qwen2ForCausalLM',
  qwen3: 'Qwen3ForCausalLM',
  gpt2: 'GPT2LMHeadModel',
};

/** How Hugging Face names the types weights are stored in. */
export type StoredType = 'float32' | 'float16' | 'bfloat16';

/**
 * The files that describe a model of this shape: config.json and generation_config.json, as text. `parseModelConfig` reads the same shape
 * from them again.
 */
export function describeConfig(config: ModelConfig, storedAs: StoredType = 'float32'): ReadonlyMap<string, string> {
  const eos = config.eosIds.length === 1 ? config.eosIds[0] : config.eosIds;
  const file = {
    architectures: [ARCHITECTURES[config.family]],
    model_type: config.family,
    ...(config.family === 'gpt2' ? describeGpt2(config) : describeRotary(config)),
    vocab_size: config.vocabSize,
    tie_word_embeddings: config.tied,
    bos_token_id: config.bosId,
    eos_token_id: eos,
    pad_token_id: config.padId,
    torch_dtype: storedAs,
  };
  const generation = { bos_token_id: config.bosId, eos_token_id: eos, pad_token_id: config.padId };
  return new Map([
    ['config.json', `${JSON.stringify(file, null, 2)}\n`],
    ['generation_config.json', `${JSON.stringify(generation, null, 2)}\n`],
  ]);
}

function describeRotary(config: ModelConfig): object {
  return {
    hidden_act: 'silu',
    hidden_size: config.width,
    intermediate_size: config.ffWidth,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    num_key_value_heads: config.kvHeads,
    head_dim: config.headDim,
    max_position_embeddings: config.maxPositions,
    rms_norm_eps: config.normEps,
    rope_theta: config.ropeTheta,
    ...describeRope(config),
    ...describeWindow(config),
    attention_bias: false,
  };
}

/** Dropout is a recipe's business here; other tools would apply the rates they find. */
function describeGpt2(config: ModelConfig): object {
  return {
    activation_function: 'gelu_new',
    n_embd: config.width,
    n_inner: config.ffWidth,
    n_layer: config.layers,
    n_head: config.heads,
    n_positions: config.maxPositions,
    layer_norm_epsilon: config.normEps,
    scale_attn_weights: true,
    attn_pdrop: 0,
    embd_pdrop: 0,
    resid_pdrop: 0,
  };
}

function describeRope({ ropeScaling: scaling }: ModelConfig): object {
  if (scaling === null) return {};
  return {
    rope_scaling: {
      rope_type: scaling.kind,
      factor: scaling.factor,
      low_freq_factor: scaling.lowFreqFactor,
      high_freq_factor: scaling.highFreqFactor,
      original_max_position_embeddings: scaling.originalMaxPositions,
    },
  };
}

/** Mistral has a window wherever it names one; the families of Qwen must be told to use it, and from which layer. */
function describeWindow({ family, slidingWindow }: ModelConfig): object {
  if (family === 'mistral') return { sliding_window: slidingWindow };
  if (slidingWindow === null) return {};
  return { sliding_window: slidingWindow, use_sliding_window: true, max_window_layers: 0 };
}
