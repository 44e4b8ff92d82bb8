/** A model's shape as the `config.json` other tools read. */

import type { ModelConfig, ModelFamily } from './config.ts';

const ARCHITECTURES: Readonly<Record<ModelFamily, string>> = {
  llama: 'LlamaForCausalLM',
  mistral: 'MistralForCausalLM',
  qwen2: 'Qwen2ForCausalLM',
  qwen3: 'Qwen3ForCausalLM',
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
    hidden_act: 'silu',
    hidden_size: config.width,
    intermediate_size: config.ffWidth,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    num_key_value_heads: config.kvHeads,
    head_dim: config.headDim,
    vocab_size: config.vocabSize,
    max_position_embeddings: config.maxPositions,
    rms_norm_eps: config.normEps,
    rope_theta: config.ropeTheta,
    ...describeRope(config),
    ...describeWindow(config),
    tie_word_embeddings: config.tied,
    attention_bias: false,
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
