/** The golden models of this repository, and copies of them in which single numbers are wrong. */

import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const GOLDEN_MODELS = [
  'llama',
  'llama_sharded',
  'llama_bf16',
  'llama3_rope',
  'qwen2',
  'qwen2_f16',
  'qwen2_lora',
  'qwen3',
  'mistral_sliding',
  'gpt2',
] as const;

export type GoldenModel = (typeof GOLDEN_MODELS)[number];

export function goldenFolder(name: GoldenModel): string {
  return fileURLToPath(new URL(`../golden/models/${name}`, import.meta.url));
}

/** One number of io.safetensors that is to be wrong. */
export interface Alteration {
  readonly tensor: string;
  readonly index: number;
  /** Added to the number. */
  readonly by: number;
}

/** Runs `use` on a temporary copy of a fixture folder with wrong numbers. */
export async function withAltered<T>(name: GoldenModel, alterations: readonly Alteration[], use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), `entrain-${name}-`));
  try {
    await cp(goldenFolder(name), folder, { recursive: true });
    const io = new Numbers(await readFile(join(folder, 'io.safetensors')));
    for (const { tensor, index, by } of alterations) io.add(tensor, index, by);
    await writeFile(join(folder, 'io.safetensors'), io.bytes);
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

interface Entry {
  readonly dtype: string;
  readonly data_offsets: readonly [number, number];
}

/** The numbers of a safetensors file, by hand: the loader under test has no part in it. */
export class Numbers {
  readonly bytes: Buffer;
  readonly #entries: Readonly<Record<string, Entry>>;
  readonly #start: number;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    const length = Number(bytes.readBigUInt64LE(0));
    this.#entries = JSON.parse(bytes.toString('utf8', 8, 8 + length)) as Record<string, Entry>;
    this.#start = 8 + length;
  }

  static async of(name: GoldenModel): Promise<Numbers> {
    return new Numbers(await readFile(join(goldenFolder(name), 'io.safetensors')));
  }

  get names(): readonly string[] {
    return Object.keys(this.#entries);
  }

  values(tensor: string): number[] {
    const {
      dtype,
      data_offsets: [from, to],
    } = this.#entry(tensor);
    return Array.from({ length: (to - from) / 4 }, (_, i) =>
      dtype === 'I32' ? this.bytes.readInt32LE(this.#start + from + 4 * i) : this.bytes.readFloatLE(this.#start + from + 4 * i),
    );
  }

  add(tensor: string, index: number, by: number): void {
    const {
      dtype,
      data_offsets: [from],
    } = this.#entry(tensor);
    const at = this.#start + from + 4 * index;
    if (dtype === 'I32') this.bytes.writeInt32LE(this.bytes.readInt32LE(at) + by, at);
    else this.bytes.writeFloatLE(this.bytes.readFloatLE(at) + by, at);
  }

  #entry(tensor: string): Entry {
    const entry = this.#entries[tensor];
    if (!entry) throw new Error(`fixture: expected a tensor ${tensor}, got none.`);
    return entry;
  }
}
