/**
 * Samples completions: each prompt is fed once and shared by its group, then all rows decode together, one token a pass.
 *
 * Tokens stay on the device; the host looks every few passes whether all rows have stopped. What is drawn for a row depends
 * on its prompt, the random stream and its place (prompt, member), never on the rows beside it.
 */

import { DataError } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import type { Device } from '../gpu/device.ts';
import type { Tensor } from '../gpu/tensor.ts';
import { advanceRows, sampleTokens, STATE_ROW } from '../kernels/sampling.ts';
import type { ModelConfig } from '../model/config.ts';
import { LanguageHead } from '../model/head.ts';
import { packGroups } from '../model/packing.ts';
import { InferencePass, type PolicyWeights } from '../model/transformer.ts';
import { createDecodeRoom, type DecodeRoom, MAX_STOPS, type SamplerLimits } from './decode-room.ts';
import type { Rollout, SamplingOptions } from './rollout.ts';
import { type WaveEntry, wavesOf } from './waves.ts';

/** Passes between two looks at which rows have stopped. */
const PASSES_PER_LOOK = 4;

interface WaveRow {
  readonly prompt: number;
  readonly member: number;
  readonly prefixStart: number;
  readonly prefixEnd: number;
}

/** Draws completions from a policy on its device. */
export class PolicySampler {
  readonly limits: SamplerLimits;
  readonly #device: Device;
  readonly #config: ModelConfig;
  readonly #pass: InferencePass;
  readonly #head: LanguageHead;
  readonly #room: DecodeRoom;

  constructor(device: Device, config: ModelConfig, weights: PolicyWeights, ropeTable: Tensor, limits: SamplerLimits) {
    this.limits = limits;
    this.#device = device;
    this.#config = config;
    this.#room = createDecodeRoom(device, config, limits);
    this.#pass = new InferencePass(device, config, weights, ropeTable, Math.max(limits.maxRows, limits.maxPromptTokens));
    this.#head = new LanguageHead(device, config, weights.parameters, this.#room.blocks[0]!.size, false);
  }

  /**
   * Draws `options.n` completions of every prompt.
   *
   * @returns rollouts in the order of prompts, then members
   * @throws DataError if a prompt is empty, longer than the sampler has room for, or holds a token outside the vocabulary
   */
  async sample(prompts: readonly Uint32Array[], options: SamplingOptions, random: Random): Promise<Rollout[]> {
    this.#check(prompts, options);
    const rollouts: Rollout[] = [];
    for (const wave of wavesOf(
      prompts.map((prompt) => prompt.length),
      options.n,
      this.limits,
    )) {
      rollouts.push(...(await this.#sampleWave(wave, prompts, options, random)));
    }
    return rollouts;
  }

  async #sampleWave(wave: readonly WaveEntry[], prompts: readonly Uint32Array[], options: SamplingOptions, random: Random): Promise<Rollout[]> {
    const rows = this.#prefill(wave, prompts, options);
    const device = this.#device;
    const { state, prompts: starts, ranges, positions, cacheRows, lastTokens } = this.#room;
    this.#draw(rows.length, options, random, 'promptEnds');
    for (let length = 1; length < options.maxTokens; length++) {
      if (length % PASSES_PER_LOOK === 0 && (await this.#allFinished(rows.length))) break;
      advanceRows(device, { state, prompts: starts, ranges, positions, cacheRows, lastTokens, count: rows.length });
      this.#pass.run({ tokens: lastTokens, positions, ranges, cacheRows, count: rows.length }, this.#room.caches);
      this.#draw(rows.length, options, random, 'rows');
    }
    return this.#collect(rows, options);
  }

  /** Feeds the wave's prompts and lays out its rows. */
  #prefill(wave: readonly WaveEntry[], prompts: readonly Uint32Array[], { n, maxTokens, stopIds, repetitionPenalty }: SamplingOptions): WaveRow[] {
    const device = this.#device;
    const { prefill, blocks, state, prompts: starts, stops } = this.#room;
    const packed = packGroups(wave.map(({ prompt }) => ({ prompt: prompts[prompt]!, continuations: [] })));
    const count = packed.tokens.length;
    const rows: WaveRow[] = [];
    let end = 0;
    for (const { prompt, first, count: members } of wave) {
      const prefixStart = end;
      end += prompts[prompt]!.length;
      for (let i = 0; i < members; i++) rows.push({ prompt, member: first + i, prefixStart, prefixEnd: end });
    }
    device.upload(prefill.tokens, packed.tokens);
    device.upload(prefill.positions, packed.positions);
    device.upload(prefill.ranges, packed.ranges);
    device.upload(
      prefill.cacheRows,
      Uint32Array.from({ length: count }, (_, i) => i),
    );
    device.upload(
      state,
      rows.flatMap(({ prompt, member }) => [prompt * n + member, 0, 0, 0]),
    );
    device.upload(
      starts,
      rows.flatMap(({ prefixStart, prefixEnd }, row) => [prefixStart, prefixEnd, count + row * maxTokens]),
    );
    for (const block of blocks) {
      device.upload(
        block.promptEnds,
        rows.slice(block.start, block.start + block.size).map(({ prefixEnd }) => prefixEnd - 1),
      );
    }
    device.upload(stops, stopIds);
    if (repetitionPenalty !== 1) device.upload(this.#room.seen, this.#seenTokens(rows, prompts));
    this.#pass.run({ ...prefill, count }, this.#room.caches);
    return rows;
  }

  /** Draws the next token of every row from the logits of its last fed token. */
  #draw(rows: number, options: SamplingOptions, random: Random, from: 'rows' | 'promptEnds'): void {
    const { blocks, logits, state, seen, stops, tokens, logProbs, entropies } = this.#room;
    const { vocabSize } = this.#config;
    for (const block of blocks) {
      const count = Math.min(block.size, rows - block.start);
      if (count <= 0) break;
      this.#head.logits(this.#pass.stream, block[from].as(count), count, logits);
      sampleTokens(this.#device, {
        ...options,
        logits: logits.as(count, vocabSize),
        state,
        firstRow: block.start,
        count,
        vocabulary: vocabSize,
        seen,
        stops,
        stopCount: options.stopIds.length,
        tokens,
        logProbs,
        entropies,
        key: random.key,
      });
    }
  }

  async #allFinished(rows: number): Promise<boolean> {
    const state = await this.#device.read(this.#room.state.as(rows, STATE_ROW));
    for (let row = 0; row < rows; row++) if (state[row * STATE_ROW + 2] === 0) return false;
    return true;
  }

  async #collect(rows: readonly WaveRow[], { maxTokens, stopIds }: SamplingOptions): Promise<Rollout[]> {
    const device = this.#device;
    const { state, tokens, logProbs, entropies } = this.#room;
    const table = [rows.length, maxTokens] as const;
    const [stateData, tokenData, logProbData, entropyData] = await Promise.all([
      device.read(state.as(rows.length, STATE_ROW)),
      device.read(tokens.as(...table)),
      device.read(logProbs.as(...table)),
      device.read(entropies.as(...table)),
    ]);
    return rows.map(({ prompt, member }, row) => {
      const length = stateData[row * STATE_ROW + 1]!;
      const at = row * maxTokens;
      const drawn = Uint32Array.from(tokenData.subarray(at, at + length));
      return {
        prompt,
        member,
        tokens: drawn,
        logProbs: Float32Array.from(logProbData.subarray(at, at + length)),
        entropies: Float32Array.from(entropyData.subarray(at, at + length)),
        finishReason: stopIds.includes(drawn[length - 1]!) ? 'stop' : 'length',
      };
    });
  }

  /** One bit per vocabulary entry and row: the prompt's tokens. */
  #seenTokens(rows: readonly WaveRow[], prompts: readonly Uint32Array[]): Uint32Array {
    const words = Math.ceil(this.#config.vocabSize / 32);
    const seen = new Uint32Array(rows.length * words);
    rows.forEach(({ prompt }, row) => {
      for (const token of prompts[prompt]!) seen[row * words + (token >>> 5)]! |= 1 << (token & 31);
    });
    return seen;
  }

  #check(prompts: readonly Uint32Array[], { maxTokens, stopIds }: SamplingOptions): void {
    prompts.forEach((prompt, index) => {
      if (prompt.length === 0)
        throw new DataError(`prompt ${index}: expected at least one token, got none. Give the tokenizer a BOS token, or the prompt some text.`);
      if (prompt.length > this.limits.maxPromptTokens) {
        throw new DataError(
          `prompt ${index}: expected at most ${this.limits.maxPromptTokens} tokens, got ${prompt.length}. Raise data.max_prompt_length, or set data.overlong: filter.`,
        );
      }
      const outside = prompt.find((token) => token >= this.#config.vocabSize);
      if (outside !== undefined) {
        throw new DataError(`prompt ${index}: expected token ids below ${this.#config.vocabSize}, got ${outside}. The tokenizer belongs to another model.`);
      }
    });
    if (maxTokens > this.limits.maxTokens)
      throw new DataError(`sampler: expected at most ${this.limits.maxTokens} tokens a completion, got ${maxTokens}. Raise rollout.max_tokens.`);
    if (stopIds.length > MAX_STOPS) throw new DataError(`sampler: expected at most ${MAX_STOPS} stop tokens, got ${stopIds.length}.`);
  }
}
