/** The names of tensors: GGUF's and Hugging Face's, and which rows llama.cpp's converter interleaves. */

import type { ModelConfig } from './config.ts';

const OUTER: ReadonlyMap<string, string> = new Map([
  ['token_embd.weight', 'model.embed_tokens.weight'],
  ['output_norm.weight', 'model.norm.weight'],
  ['output.weight', 'lm_head.weight'],
]);

const INNER: ReadonlyMap<string, string> = new Map([
  ['attn_norm', 'input_layernorm'],
  ['attn_q', 'self_attn.q_proj'],
  ['attn_k', 'self_attn.k_proj'],
  ['attn_v', 'self_attn.v_proj'],
  ['attn_q_norm', 'self_attn.q_norm'],
  ['attn_k_norm', 'self_attn.k_norm'],
  ['attn_output', 'self_attn.o_proj'],
  ['ffn_norm', 'post_attention_layernorm'],
  ['ffn_gate', 'mlp.gate_proj'],
  ['ffn_up', 'mlp.up_proj'],
  ['ffn_down', 'mlp.down_proj'],
]);

const inverse = (names: ReadonlyMap<string, string>): ReadonlyMap<string, string> => new Map([...names].map(([gguf, hub]) => [hub, gguf]));
const OUTER_BACK = inverse(OUTER);
const INNER_BACK = inverse(INNER);

/** A tensor's Hugging Face name; one that has none keeps its own. */
export function huggingFaceName(name: string): string {
  const [, layer, part, kind] = /^blk\.(\d+)\.([a-z_]+)\.(weight|bias)$/.exec(name) ?? [];
  const inner = INNER.get(part ?? '');
  return OUTER.get(name) ?? (inner === undefined ? name : `model.layers.${layer}.${inner}.${kind}`);
}

/** A tensor's GGUF name; one that has none keeps its own. */
export function ggufName(name: string): string {
  const [, layer, part, kind] = /^model\.layers\.(\d+)\.(.+)\.(weight|bias)$/.exec(name) ?? [];
  const inner = INNER_BACK.get(part ?? '');
  return OUTER_BACK.get(name) ?? (inner === undefined ? name : `blk.${layer}.${inner}.${kind}`);
}

/** Rows of a head of a tensor whose rows are interleaved head by head, by its Hugging Face name; null where they are not. Only the family llama's are. */
export function rowsInterleaved(name: string, { family, headDim }: ModelConfig): number | null {
  const isLlama = family === 'llama' || family === 'mistral';
  return isLlama && /\.self_attn\.[qk]_proj\.(weight|bias)$/.test(name) ? headDim : null;
}
