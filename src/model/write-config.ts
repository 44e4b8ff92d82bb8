/** A model's shape as the `config.json` other tools read. */

import type { ModelConfig } from './config.ts';

/** The files that describe a model of this shape: config.json and generation_config.json, as text. */
export function describeConfig(config: ModelConfig): ReadonlyMap<string, string> {
  const eos = config.eosIds.length === 1 ? config.eosIds[0] : config.eosIds;
  const architectures = { llama: 'LlamaForCausalLM', mistral: 'MistralForCausalLM', qwen2: 'Qwen2ForCausalLM', qwen3: 'Qwen3ForCausalLM' };
  const file = {
    architectures: [architectures[config.family]],
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
    tie_word_embeddings: config.tied,
    attention_bias: false,
    bos_token_id: config.bosId,
    eos_token_id: eos,
    pad_token_id: config.padId,
    torch_dtype: 'float32',
  };
  const generation = { bos_token_id: config.bosId, eos_token_id: eos, pad_token_id: config.padId };
  return new Map([
    ['config.json', `${JSON.stringify(file, null, 2)}\n`],
    ['generation_config.json', `${JSON.stringify(generation, null, 2)}\n`],
  ]);
}
