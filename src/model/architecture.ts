/** What sets the families of decoders apart, and what their published tensors are called. */

export const MODEL_FAMILIES = ['llama', 'mistral', 'qwen2', 'qwen3', 'gpt2'] as const;

/** The families of decoders that can be loaded and trained. */
export type ModelFamily = (typeof MODEL_FAMILIES)[number];

export interface Architecture {
  /** LayerNorm has a bias, RMS norm none. */
  readonly norm: 'rms' | 'layer';
  /** Queries and keys are rotated, or a learned vector is added to each token's embedding. */
  readonly positions: 'rotary' | 'learned';
  readonly feedForward: 'swiglu' | 'gelu';
  /** Every matrix of a block adds a bias; without, only q, k and v do, where `qkvBias` says so. */
  readonly biases: boolean;
  /** The matrices of blocks are published [in, out]. */
  readonly transposed: boolean;
  /** The padding token's embedding gets no gradient from where it is fed. */
  readonly paddingIsStill: boolean;
  readonly names: PublishedNames;
}

/** Hugging Face's names without their last part, which is `weight` or `bias`. */
export interface PublishedNames {
  readonly embedding: string;
  /** Of learned positions. */
  readonly positions: string;
  readonly finalNorm: string;
  readonly head: string;
  /** Blocks are `layers`.0, `layers`.1, …; the names below follow that. */
  readonly layers: string;
  readonly inputNorm: string;
  /** Several where q, k and v are published apart. */
  readonly qkv: readonly string[];
  readonly queryNorm: string;
  readonly keyNorm: string;
  readonly attentionOut: string;
  readonly feedForwardNorm: string;
  /** The gate and what it gates, or what goes into the activation alone. */
  readonly gateUp: readonly string[];
  readonly down: string;
}

const llama: Architecture = {
  norm: 'rms',
  positions: 'rotary',
  feedForward: 'swiglu',
  biases: false,
  transposed: false,
  paddingIsStill: true,
  names: {
    embedding: 'model.embed_tokens',
    positions: '',
    finalNorm: 'model.norm',
    head: 'lm_head',
    layers: 'model.layers',
    inputNorm: 'input_layernorm',
    qkv: ['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj'],
    queryNorm: 'self_attn.q_norm',
    keyNorm: 'self_attn.k_norm',
    attentionOut: 'self_attn.o_proj',
    feedForwardNorm: 'post_attention_layernorm',
    gateUp: ['mlp.gate_proj', 'mlp.up_proj'],
    down: 'mlp.down_proj',
  },
};

const gpt2: Architecture = {
  norm: 'layer',
  positions: 'learned',
  feedForward: 'gelu',
  biases: true,
  transposed: true,
  paddingIsStill: false,
  names: {
    embedding: 'transformer.wte',
    positions: 'transformer.wpe',
    finalNorm: 'transformer.ln_f',
    head: 'lm_head',
    layers: 'transformer.h',
    inputNorm: 'ln_1',
    qkv: ['attn.c_attn'],
    queryNorm: '',
    keyNorm: '',
    attentionOut: 'attn.c_proj',
    feedForwardNorm: 'ln_2',
    gateUp: ['mlp.c_fc'],
    down: 'mlp.c_proj',
  },
};

const ARCHITECTURES: Readonly<Record<ModelFamily, Architecture>> = { llama, mistral: llama, qwen2: llama, qwen3: llama, gpt2 };

/** How a model of this family is built. */
export function architectureOf({ family }: { readonly family: ModelFamily }): Architecture {
  return ARCHITECTURES[family];
}
