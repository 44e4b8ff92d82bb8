/** What building a run needs of the place it runs in: a device, and files. */

import type { Algorithm } from '../algorithms/algorithm.ts';
import type { PromptSet } from '../data/prompt.ts';
import type { Device } from '../gpu/device.ts';
import type { ModelConfig } from '../model/config.ts';
import type { LoraOptions } from '../model/lora.ts';
import type { Weights } from '../model/weights.ts';
import type { Reward } from '../rewards/reward.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';

/** A published model: its shape, its weights, and the files that travel with it. */
export interface ModelSource {
  readonly config: ModelConfig;
  readonly weights: Weights;
  /** config.json, generation_config.json, tokenizer files, as they are. */
  readonly sideFiles: ReadonlyMap<string, Uint8Array>;
  /** Where the path named a PEFT adapter: `config` and `weights` are then its base model's. */
  readonly adapter?: AdapterSource;
}

export interface AdapterSource {
  /** The model it was trained on: a folder or a name of the hub. */
  readonly base: string;
  readonly options: LoraOptions;
  readonly weights: Weights;
}

/** The place a run is built in. */
export interface BuildServices {
  readonly device: Device;
  /** Leaves the weights where they are: a plan counts bytes and needs no values. */
  readonly skipWeights?: boolean;
  /** A variant of one's own: the recipe's algorithm in, the one that is trained out. */
  readonly variant?: (algorithm: Algorithm) => Algorithm;
  /** `revision` is the branch, tag or commit of a model of the hub. */
  openModel(path: string, revision?: string): Promise<ModelSource>;
  openTokenizer(folder: string, revision?: string): Promise<{ readonly tokenizer: Tokenizer; readonly sideFiles: ReadonlyMap<string, Uint8Array> }>;
  readPrompts(path: string, names: { readonly promptKey?: string; readonly answerKey?: string; readonly sourceKey?: string }): Promise<PromptSet>;
  /** A person's own reward: `path.ts:export`. */
  loadReward(use: string, args: Readonly<Record<string, unknown>>): Promise<Reward>;
}
