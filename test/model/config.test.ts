import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { DataError } from '../../src/base/errors.ts';
import { checkParameters, parameterCount, parameterShapes } from '../../src/model/config.ts';
import { parseModelConfig } from '../../src/model/parse-config.ts';
import { openFolderWeights, openModelFolder, readModelConfig } from '../../src/model/weights-node.ts';

const GOLDEN = fileURLToPath(new URL('../golden/models/', import.meta.url));
const HERE = ['llama', 'qwen3', 'mistral_sliding', 'llama3_rope'];
const ELSEWHERE = ['llama_sharded', 'llama_bf16', 'qwen2', 'qwen2_f16'].filter((name) => {
  const there = existsSync(`${GOLDEN}${name}/config.v4.json`);
  if (!there) console.log(`not run: ${name}, its folder is not in test/golden/models`);
  return there;
});
const CASES = [...HERE, ...ELSEWHERE];

const json = async (path: string): Promise<unknown> => JSON.parse(await readFile(path, 'utf8'));

/** A minimal configuration, with what a test changes. */
function tiny(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    model_type: 'llama',
    num_hidden_layers: 1,
    hidden_size: 8,
    num_attention_heads: 2,
    intermediate_size: 16,
    vocab_size: 10,
    rms_norm_eps: 1e-5,
    max_position_embeddings: 32,
    ...changes,
  };
}

describe('golden models', () => {
  it.each(CASES)('%s: transformers 4 and 5 files give the same configuration', async (name) => {
    const generation = await json(`${GOLDEN}${name}/generation_config.json`);
    const four = parseModelConfig(await json(`${GOLDEN}${name}/config.v4.json`), { generation });
    expect(await readModelConfig(`${GOLDEN}${name}`)).toEqual(four);
  });

  it.each(CASES)('%s: the parameters are exactly those of its file', async (name) => {
    const { config } = await openModelFolder(`${GOLDEN}${name}`);
    const { tensors } = await openFolderWeights(`${GOLDEN}${name}`);
    const stored = [...tensors].map(([tensor, { shape }]) => [tensor, shape] as const);
    expect(new Map(parameterShapes(config))).toEqual(new Map(stored));
  });

  it('reads the numbers of llama3_rope', async () => {
    expect(await readModelConfig(`${GOLDEN}llama3_rope`)).toEqual({
      family: 'llama',
      layers: 2,
      width: 32,
      heads: 2,
      kvHeads: 1,
      headDim: 16,
      ffWidth: 72,
      vocabSize: 160,
      normEps: 1e-5,
      ropeTheta: 500_000,
      ropeScaling: { kind: 'llama3', factor: 8, lowFreqFactor: 1, highFreqFactor: 4, originalMaxPositions: 64 },
      tied: false,
      qkvBias: false,
      qkNorm: false,
      slidingWindow: null,
      maxPositions: 512,
      bosId: 1,
      eosIds: [44, 9],
      padId: 0,
    });
  });

  it('reads what sets the families apart', async () => {
    expect(await readModelConfig(`${GOLDEN}llama`)).toMatchObject({
      tied: true,
      kvHeads: 2,
      headDim: 8,
      padId: 2,
      eosIds: [36],
    });
    expect(await readModelConfig(`${GOLDEN}qwen3`)).toMatchObject({
      qkNorm: true,
      qkvBias: false,
      headDim: 12,
      bosId: null,
    });
    expect(await readModelConfig(`${GOLDEN}mistral_sliding`)).toMatchObject({
      slidingWindow: 6,
      headDim: 6,
      kvHeads: 3,
    });
  });
});

describe('parseModelConfig', () => {
  it('fills what transformers fills', () => {
    expect(parseModelConfig(tiny())).toMatchObject({
      kvHeads: 2,
      headDim: 4,
      ropeTheta: 10_000,
      tied: false,
      eosIds: [],
      bosId: null,
    });
    expect(parseModelConfig(tiny({ model_type: 'qwen3' })).headDim).toBe(128);
    expect(parseModelConfig(tiny({ model_type: 'qwen2' })).qkvBias).toBe(true);
  });

  it('lets generation_config.json name the stop tokens', () => {
    const config = tiny({ eos_token_id: 3, pad_token_id: 5 });
    expect(parseModelConfig(config, { generation: { eos_token_id: [3, 4] } })).toMatchObject({
      eosIds: [3, 4],
      padId: 5,
    });
    expect(parseModelConfig(config, { generation: { pad_token_id: 0 } })).toMatchObject({ eosIds: [3], padId: 0 });
  });

  it('uses a sliding window only where the family and the switches say so', () => {
    const window = (changes: Record<string, unknown>): number | null => parseModelConfig(tiny({ sliding_window: 6, ...changes })).slidingWindow;
    expect(window({ model_type: 'mistral' })).toBe(6);
    expect(window({ model_type: 'mistral', layer_types: ['full_attention'] })).toBe(null);
    expect(window({ model_type: 'llama' })).toBe(null);
    expect(window({ model_type: 'qwen2' })).toBe(null);
    expect(window({ model_type: 'qwen2', use_sliding_window: true })).toBe(6);
    expect(window({ model_type: 'qwen2', use_sliding_window: true, max_window_layers: 1 })).toBe(null);
    expect(window({ model_type: 'qwen3', use_sliding_window: true, layer_types: ['sliding_attention'] })).toBe(6);
  });

  it.each([
    [{ model_type: 'gemma3' }, /expected model_type llama, mistral, qwen2, qwen3, gpt2, got gemma3/],
    [{ model_type: undefined }, /got \(nothing\)/],
    [{ hidden_act: 'gelu' }, /expected hidden_act silu, got gelu/],
    [{ rope_scaling: { type: 'yarn', factor: 4 } }, /expected rope_type default or llama3, got yarn/],
    [{ rope_parameters: { rope_type: 'linear', factor: 2 } }, /got linear/],
    [{ rope_parameters: { rope_type: 'llama3', factor: 8 } }, /rope_parameters: expected low_freq_factor to be a positive number, got nothing/],
    [{ partial_rotary_factor: 0.5 }, /partial_rotary_factor 1, got 0.5/],
    [{ attention_bias: true }, /attention_bias false/],
    [{ mlp_bias: true }, /mlp_bias false/],
    [{ quantization_config: { bits: 4 } }, /unquantized/],
    [{ hidden_size: '8' }, /expected hidden_size to be a whole number, got "8"/],
    [{ num_hidden_layers: 0 }, /num_hidden_layers to be a positive whole number, got 0/],
    [{ num_key_value_heads: 3 }, /divide 2 heads, got 3/],
    [{ num_attention_heads: 3 }, /even head_dim/],
    [
      {
        model_type: 'mistral',
        sliding_window: 4,
        num_hidden_layers: 2,
        layer_types: ['full_attention', 'sliding_attention'],
      },
      /1 sliding layers of 2/,
    ],
    [{ model_type: 'mistral', sliding_window: 4, layer_types: ['chunked_attention'] }, /got chunked_attention/],
    [{ eos_token_id: 'x' }, /eos_token_id to be token ids/],
  ])('refuses %j', (changes, message) => {
    const parse = (): unknown => parseModelConfig(tiny(changes), { file: 'm/config.json' });
    expect(parse).toThrow(DataError);
    expect(parse).toThrow(message);
    expect(parse).toThrow('m/config.json');
  });

  it('refuses what is no object', () => expect(() => parseModelConfig([])).toThrow(/expected a JSON object, got \[\]/));
});

describe('parameters', () => {
  it('counts those of the default policy', () => {
    const config = parseModelConfig(
      tiny({
        hidden_size: 64,
        num_hidden_layers: 3,
        num_attention_heads: 4,
        num_key_value_heads: 2,
        intermediate_size: 176,
        vocab_size: 18,
        tie_word_embeddings: true,
      }),
    );
    expect(parameterCount(config)).toBe(139_840);
  });

  it('names what does not fit', () => {
    const config = parseModelConfig(tiny());
    const stored = (): Map<string, { shape: readonly number[] }> => new Map([...parameterShapes(config)].map(([name, shape]) => [name, { shape }]));
    const check = (change: (tensors: Map<string, { shape: readonly number[] }>) => void) => () => {
      const tensors = stored();
      change(tensors);
      checkParameters(config, tensors, 'w.safetensors');
    };
    expect(check(() => {})).not.toThrow();
    expect(check((t) => t.set('model.layers.0.self_attn.rotary_emb.inv_freq', { shape: [2] }))).not.toThrow();
    expect(check((t) => t.delete('lm_head.weight'))).toThrow(/none named lm_head.weight/);
    expect(check((t) => t.set('model.norm.weight', { shape: [9] }))).toThrow(/expected model.norm.weight \[8\], got \[9\]/);
    expect(check((t) => t.set('model.layers.0.self_attn.q_proj.bias', { shape: [8] }))).toThrow(/got also model.layers.0.self_attn.q_proj.bias/);
  });
});
