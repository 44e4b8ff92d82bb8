/** Adapters in the files that PEFT writes and reads. */

import { DataError } from '../base/errors.ts';
import { ALL_LINEAR, type LoraAdapter, type LoraOptions } from './lora.ts';
import type { Weights } from './weights.ts';

/** Settings of PEFT that Entrain leaves as PEFT has them; another tool finds every key it looks for. */
const NEUTRAL = {
  alora_invocation_tokens: null,
  alpha_pattern: {},
  arrow_config: null,
  auto_mapping: null,
  bias: 'none',
  corda_config: null,
  ensure_weight_tying: false,
  eva_config: null,
  exclude_modules: null,
  inference_mode: true,
  init_lora_weights: true,
  kasa_config: null,
  layer_replication: null,
  layers_pattern: null,
  layers_to_transform: null,
  loftq_config: {},
  lora_bias: false,
  lora_ga_config: null,
  megatron_config: null,
  megatron_core: 'megatron.core',
  modules_to_save: null,
  monteclora_config: null,
  qalora_group_size: 16,
  rank_pattern: {},
  revision: null,
  target_parameters: null,
  trainable_token_indices: null,
  use_bdlora: null,
  use_dora: false,
  use_qalora: false,
  velora_config: null,
} as const;

/** The version of PEFT whose keys these are. */
const PEFT_VERSION = '0.21.0';

/**
 * `adapter_config.json` of an adapter, as text.
 *
 * @param baseModel folder or hub name of the model it was trained on
 */
export function describeAdapter({ options, fanInFanOut }: Pick<LoraAdapter, 'options' | 'fanInFanOut'>, baseModel: string | null): string {
  const config = {
    ...NEUTRAL,
    peft_type: 'LORA',
    peft_version: PEFT_VERSION,
    task_type: 'CAUSAL_LM',
    base_model_name_or_path: baseModel,
    fan_in_fan_out: fanInFanOut,
    r: options.rank,
    lora_alpha: options.alpha,
    lora_dropout: options.dropout ?? 0,
    use_rslora: options.rslora,
    target_modules: [...options.targets].sort(),
  };
  const sorted = Object.fromEntries(Object.entries(config).sort(([a], [b]) => (a < b ? -1 : 1)));
  return `${JSON.stringify(sorted, null, 2)}\n`;
}

/**
 * Settings that change what an adapter computes and that Entrain does not have: each must be absent or neutral. `fan_in_fan_out` says how the base is
 * stored and changes no adapter.
 */
const UNSUPPORTED = ['use_dora', 'alpha_pattern', 'rank_pattern', 'modules_to_save', 'layers_to_transform', 'layers_pattern', 'lora_bias'] as const;

/**
 * Reads a parsed `adapter_config.json`.
 *
 * @throws DataError if it is not LoRA as Entrain computes it
 */
export function parseAdapterConfig(config: unknown, file: string): LoraOptions {
  if (typeof config !== 'object' || config === null) throw new DataError(`${file}: expected an object, got ${JSON.stringify(config)}. The file is damaged.`);
  const fields = new Map<string, unknown>(Object.entries(config));
  const type = fields.get('peft_type');
  if (type !== 'LORA') throw new DataError(`${file}: expected peft_type LORA, got ${JSON.stringify(type)}. Merge the adapter with its own tool first.`);
  for (const name of UNSUPPORTED) {
    const value = fields.get(name);
    const isNeutral = value === undefined || value === null || value === false || (typeof value === 'object' && Object.keys(value).length === 0);
    if (!isNeutral) throw new DataError(`${file}: expected no ${name}, got ${JSON.stringify(value)}. Merge the adapter into its model first.`);
  }
  if ((fields.get('bias') ?? 'none') !== 'none')
    throw new DataError(`${file}: expected bias none, got ${JSON.stringify(fields.get('bias'))}. Merge the adapter into its model first.`);
  const [rank, alpha] = [fields.get('r'), fields.get('lora_alpha')];
  if (typeof rank !== 'number' || !Number.isInteger(rank) || rank < 1)
    throw new DataError(`${file}: expected a rank r of 1 or more, got ${JSON.stringify(rank)}.`);
  if (typeof alpha !== 'number' || alpha <= 0) throw new DataError(`${file}: expected a positive lora_alpha, got ${JSON.stringify(alpha)}.`);
  const dropout = fields.get('lora_dropout') ?? 0;
  if (typeof dropout !== 'number' || !(dropout >= 0 && dropout < 1))
    throw new DataError(`${file}: expected a lora_dropout from 0 to below 1, got ${JSON.stringify(dropout)}.`);
  return { rank, alpha, rslora: fields.get('use_rslora') === true, dropout, targets: targetsOf(fields.get('target_modules'), file) };
}

/**
 * Holds an adapter's file against the adapter that its configuration and the base model ask for: one trained on another base has other
 * shapes, or corrects layers that this one lacks.
 *
 * @throws DataError naming the tensor that is missing, too many or of another shape
 */
export function checkAdapter({ all }: Pick<LoraAdapter, 'all'>, { name: file, tensors }: Pick<Weights, 'name' | 'tensors'>, base: string): void {
  const advice = `The adapter was trained on another base than ${base}: name its own in base_model_name_or_path of adapter_config.json.`;
  const expected = new Map(all.flatMap(({ parts }) => parts.map(({ name, shape }) => [name, shape] as const)));
  for (const [name, shape] of expected) {
    const stored = tensors.get(name)?.shape;
    if (stored?.join() !== shape.join())
      throw new DataError(`${file}: ${name}: expected [${shape.join(', ')}], got ${stored ? `[${stored.join(', ')}]` : 'no such tensor'}. ${advice}`);
  }
  const surplus = [...tensors.keys()].find((name) => !expected.has(name));
  if (surplus !== undefined) throw new DataError(`${file}: ${surplus}: expected ${expected.size} tensors, got also this one. ${advice}`);
}

function targetsOf(modules: unknown, file: string): readonly string[] {
  if (modules === 'all-linear') return ALL_LINEAR;
  if (Array.isArray(modules) && modules.every((name) => typeof name === 'string')) return modules;
  throw new DataError(`${file}: expected target_modules as a list of names or all-linear, got ${JSON.stringify(modules)}.`);
}
