/** The parsers of files from elsewhere, each with the real files that are made wrong and with how far a case got. */

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { DataError } from '../../src/base/errors.ts';
import { openGgufModel } from '../../src/model/gguf-weights.ts';
import { type GgufField, ggufHeader } from '../../src/model/gguf-writer.ts';
import type { ByteSource } from '../../src/model/safetensors.ts';
import { openShardedWeights, openWeights, type Weights } from '../../src/model/weights.ts';
import { encodeChat } from '../../src/tokenizer/chat.ts';
import { parseChatTemplate, renderChat } from '../../src/tokenizer/chat-template.ts';
import { ggufTokenizerFiles } from '../../src/tokenizer/gguf-tokenizer.ts';
import { unknownPatterns } from '../../src/tokenizer/patterns.ts';
import { loadTokenizer } from '../../src/tokenizer/tokenizer.ts';
import { byteChange, changed, changedJson, changedText, jsonChange, textChange } from './mutations.ts';

interface ParserOf<Input> {
  readonly name: string;
  readonly cases: fc.Arbitrary<Input>;
  /** Reads the case: an error of ours or none; anything else is a fault. */
  run(input: Input): Promise<void>;
  /** Errors of a case that got no further than the first look at the file. */
  readonly early: RegExp;
}

export interface FuzzCase {
  readonly input: unknown;
  run(): Promise<void>;
}

/** A parser with files for it, whatever they are. */
export interface Parser extends Pick<ParserOf<unknown>, 'name' | 'early'> {
  readonly cases: fc.Arbitrary<FuzzCase>;
}

function parserOf<Input>({ name, cases, run, early }: ParserOf<Input>): Parser {
  return { name, early, cases: cases.map((input) => ({ input, run: () => run(input) })) };
}

const root = fileURLToPath(new URL('../golden/', import.meta.url));
const bytesOf = (path: string): Uint8Array => new Uint8Array(readFileSync(`${root}${path}`));
const jsonOf = (path: string): unknown => JSON.parse(readFileSync(`${root}${path}`, 'utf8'));
const TOKENIZERS = ['llama2_style', 'llama3_style', 'metaspace_style', 'qwen_style', 'smollm_style'];

function sourceOf(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    size: bytes.length,
    read: (offset, length) =>
      offset + length <= bytes.length ? Promise.resolve(bytes.slice(offset, offset + length)) : Promise.reject(new DataError(`${name}: expected more bytes.`)),
  };
}

async function readSome(weights: Weights): Promise<void> {
  for (const name of [...weights.tensors.keys()].slice(0, 3)) await weights.read(name);
}

const draws = <Change>(change: fc.Arbitrary<Change>): fc.Arbitrary<readonly Change[]> => fc.array(change, { minLength: 1, maxLength: 4 });

const someOf = <Choice>(choices: readonly Choice[]): fc.Arbitrary<Choice> => fc.constantFrom(...choices);

function safetensorsParser(): ParserOf<Uint8Array> {
  const fixtures = ['llama', 'qwen2_f16', 'llama_bf16'].map((name) => {
    const bytes = bytesOf(`models/${name}/model.safetensors`);
    const end = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
    return { bytes, end, header: JSON.parse(new TextDecoder().decode(bytes.subarray(8, end))) as unknown };
  });
  const withHeader = (header: unknown, data: Uint8Array): Uint8Array => {
    const text = new TextEncoder().encode(JSON.stringify(header) ?? '');
    const length = new Uint8Array(8);
    new DataView(length.buffer).setBigUint64(0, BigInt(text.length), true);
    return new Uint8Array(Buffer.concat([length, text, data]));
  };
  return {
    name: 'safetensors',
    cases: fc.oneof(
      {
        weight: 2,
        arbitrary: fc
          .tuple(someOf(fixtures), draws(jsonChange))
          .map(([{ bytes, end, header }, all]) => withHeader(all.reduce<unknown>(changedJson, header), bytes.subarray(end))),
      },
      {
        weight: 1,
        arbitrary: fc
          .tuple(someOf(fixtures), draws(byteChange))
          .map(([{ bytes, end }, all]) => all.reduce((made, change) => changed(made, change, 0, end), bytes)),
      },
    ),
    run: async (bytes) => readSome(await openWeights(sourceOf('w.safetensors', bytes))),
    early: /expected a safetensors file|expected a header of|expected a JSON/,
  };
}

function indexParser(): ParserOf<string> {
  const index = jsonOf('models/llama_sharded/model.safetensors.index.json');
  const text = JSON.stringify(index);
  const shards = new Map(
    readdirSync(`${root}models/llama_sharded`)
      .filter((name) => /^model-.*\.safetensors$/.test(name))
      .map((name) => [name, bytesOf(`models/llama_sharded/${name}`)]),
  );
  const open = (name: string): Promise<ByteSource> => {
    const bytes = shards.get(name);
    return bytes ? Promise.resolve(sourceOf(name, bytes)) : Promise.reject(new DataError(`${name}: expected a file, got none.`));
  };
  const parse = (input: string): unknown => {
    try {
      return JSON.parse(input);
    } catch {
      return undefined; // whoever reads the file says so
    }
  };
  return {
    name: 'index',
    cases: fc.oneof(
      { weight: 3, arbitrary: draws(jsonChange).map((all) => JSON.stringify(all.reduce<unknown>(changedJson, index)) ?? '') },
      {
        weight: 1,
        arbitrary: draws(byteChange).map((all) =>
          new TextDecoder().decode(all.reduce<Uint8Array>((made, change) => changed(made, change), new TextEncoder().encode(text))),
        ),
      },
    ),
    run: async (input) => readSome(await openShardedWeights('index.json', parse(input), open)),
    early: /expected a weight_map/,
  };
}

function ggufParser(): ParserOf<Uint8Array> {
  const models = ['f32', 'q8_0', 'q4_1', 'mixed'].map((name) => bytesOf(`models/llama_gguf/model-${name}.gguf`));
  const fixtures = [...models, withVocabulary()].map((bytes) => ({ bytes, end: Math.min(bytes.length, 6000) }));
  const change = fc.tuple(someOf(fixtures), draws(byteChange));
  return {
    name: 'gguf',
    cases: change.map(([{ bytes, end }, all]) => all.reduce((made, one) => changed(made, one, one.kind === 'cut' ? 0 : 24, end), bytes)),
    async run(bytes) {
      const source = sourceOf('m.gguf', bytes);
      const { weights, file } = await openGgufModel(source);
      const files = ggufTokenizerFiles(file.metadata, source.name);
      if (files) (await loadTokenizer({ ...files, file: source.name })).encode('Hello 12');
      await readSome(weights);
    },
    early: /expected a GGUF file|begins with GGUF|GGUF version/,
  };
}

/** The float32 file of the fixtures, with a tokenizer. */
function withVocabulary(): Uint8Array {
  const model = bytesOf('models/llama_gguf/model-f32.gguf');
  const tokens = ['<unk>', '<s>', '</s>', ...Array.from('abcdefghijklmnop Helo12', (letter) => letter)];
  const metadata = new Map<string, GgufField>([
    ['general.architecture', 'llama'],
    ['llama.embedding_length', 24],
    ['tokenizer.ggml.model', 'gpt2'],
    ['tokenizer.ggml.pre', 'smollm'],
    ['tokenizer.ggml.tokens', tokens],
    ['tokenizer.ggml.token_type', Int32Array.from(tokens, (_, i) => (i < 3 ? 3 : 1))],
    ['tokenizer.ggml.merges', ['H e', 'l o']],
    ['tokenizer.ggml.bos_token_id', 1],
    ['tokenizer.chat_template', '{{ messages }}'],
  ]);
  const header = ggufHeader(metadata, [{ name: 'token_embd.weight', type: 'F32', shape: [24, 24] }]);
  return new Uint8Array(Buffer.concat([header, model.subarray(0, 24 * 24 * 4)]));
}

function tokenizerParser(): ParserOf<{ readonly json: unknown; readonly config: unknown }> {
  const fixtures = TOKENIZERS.map((name) => ({
    json: jsonOf(`tokenizers/${name}/tokenizer.json`),
    config: jsonOf(`tokenizers/${name}/tokenizer_config.json`),
  }));
  return {
    name: 'tokenizer.json',
    cases: fc
      .tuple(someOf(fixtures), draws(jsonChange), fc.array(jsonChange, { maxLength: 1 }))
      .map(([{ json, config }, all, some]) => ({ json: all.reduce<unknown>(changedJson, json), config: some.reduce<unknown>(changedJson, config) })),
    async run({ json, config }) {
      // A pattern that nobody knows is tried in a child first; what it does is not the parser's.
      const isKnown = unknownPatterns(json, 'tokenizer.json').length <= PATTERNS;
      const tokenizer = await loadTokenizer({ tokenizerJson: json, tokenizerConfig: config, file: 'tokenizer.json' });
      if (!isKnown) return;
      tokenizer.decode(tokenizer.encode('Hello, world 12! é中\n', { addSpecialTokens: true }));
      if (tokenizer.chatTemplate) encodeChat(tokenizer, [{ role: 'user', content: 'Hi' }], { addGenerationPrompt: true });
    },
    early: /expected a tokenizer with a model/,
  };
}

/** Patterns of the fixtures that are not among the published ones. */
const PATTERNS = 1;

function templateParser(): ParserOf<string> {
  const configs = TOKENIZERS.map((name) => (jsonOf(`tokenizers/${name}/tokenizer_config.json`) as { chat_template?: unknown }).chat_template);
  const templates = [...configs, readFileSync(`${root}tokenizers/metaspace_style/chat_template.jinja`, 'utf8')].filter((text) => typeof text === 'string');
  const messages = [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'What is 17 + 25?' },
    { role: 'assistant', content: '42' },
  ];
  return {
    name: 'chat template',
    cases: fc.tuple(someOf(templates), draws(textChange)).map(([template, all]) => all.reduce(changedText, template)),
    run(source) {
      renderChat(parseChatTemplate(source, 'chat_template.jinja'), { messages, addGenerationPrompt: true, specialTokens: { bos: '<s>', eos: '</s>' } });
      return Promise.resolve();
    },
    early: /expected a chat template (in jinja|of at most)/,
  };
}

export const parsers: readonly Parser[] = [
  parserOf(safetensorsParser()),
  parserOf(indexParser()),
  parserOf(ggufParser()),
  parserOf(tokenizerParser()),
  parserOf(templateParser()),
];
