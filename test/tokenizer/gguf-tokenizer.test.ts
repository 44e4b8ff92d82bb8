import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { DataError } from '../../src/base/errors.ts';
import { ggufTokenizerFiles } from '../../src/tokenizer/gguf-tokenizer.ts';
import { mergesOfPieces } from '../../src/tokenizer/piece-merges.ts';
import { encodeChat } from '../../src/tokenizer/chat.ts';
import { ggufTokenizerMetadata } from '../../src/tokenizer/to-gguf.ts';
import { openTokenizer } from '../../src/tokenizer/tokenizer-node.ts';
import { loadTokenizer, type Tokenizer } from '../../src/tokenizer/tokenizer.ts';

const folderOf = (name: string): string => fileURLToPath(new URL(`../golden/tokenizers/${name}`, import.meta.url));

interface Cases {
  readonly encode: readonly { text: string; ids: number[]; ids_with_special_tokens: number[]; decoded: string; decoded_skip_special: string }[];
  readonly decode: readonly { ids: number[]; decoded: string; decoded_skip_special: string }[];
  readonly chat: readonly { messages: { role: string; content: string }[]; add_generation_prompt: boolean; ids?: number[] }[];
}

async function read<Shape>(name: string, file: string): Promise<Shape> {
  return JSON.parse(await readFile(`${folderOf(name)}/${file}`, 'utf8')) as Shape;
}

async function throughGguf(name: string) {
  const [tokenizer, json] = await Promise.all([openTokenizer(folderOf(name)), read<object>(name, 'tokenizer.json')]);
  const metadata = ggufTokenizerMetadata(tokenizer, json, tokenizer.vocabSize + 3);
  const plain = new Map([...metadata].map(([key, value]) => [key, ArrayBuffer.isView(value) ? Array.from(value) : value]));
  return { tokenizer, metadata: plain, again: await loadTokenizer(ggufTokenizerFiles(plain, 'x.gguf')!) };
}

describe.each(['qwen_style', 'smollm_style', 'llama3_style'])('%s', (name) => {
  it('works the same after a stay in GGUF’s metadata', async () => {
    const { tokenizer, again, metadata } = await throughGguf(name);
    const { encode, decode, chat } = await read<Cases>(name, 'cases.json');
    expect(metadata.get('tokenizer.ggml.model')).toBe('gpt2');
    expect(again.vocabSize).toBe(tokenizer.vocabSize);
    expect(again.specialTokens).toEqual(tokenizer.specialTokens);
    expect(again.chatTemplate?.source).toBe(tokenizer.chatTemplate?.source);
    for (const { text, ids, ids_with_special_tokens, decoded, decoded_skip_special } of encode) {
      expect([text, ...again.encode(text)]).toEqual([text, ...ids]);
      expect([text, ...again.encode(text, { addSpecialTokens: true })]).toEqual([text, ...ids_with_special_tokens]);
      expect([again.decode(ids), again.decode(ids, { skipSpecialTokens: true })]).toEqual([decoded, decoded_skip_special]);
    }
    for (const { ids, decoded, decoded_skip_special } of decode) {
      expect([again.decode(ids), again.decode(ids, { skipSpecialTokens: true })]).toEqual([decoded, decoded_skip_special]);
    }
    for (const { messages, add_generation_prompt: addGenerationPrompt, ids } of chat) {
      if (ids) expect([...encodeChat(again, messages, { addGenerationPrompt }).ids]).toEqual(ids);
    }
  });
});

describe('pieces with scores', () => {
  const pieces = ['▁', 'a', 'b', 'c', 'ab', 'bc', 'abc', '▁abc', '▁a', 'Ä'];
  const vocabulary = [
    '<unk>',
    '<s>',
    '</s>',
    ...Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`),
    ...pieces,
  ];
  const metadata = new Map<string, unknown>([
    ['tokenizer.ggml.model', 'llama'],
    ['tokenizer.ggml.tokens', vocabulary],
    ['tokenizer.ggml.scores', vocabulary.map((_, id) => (id < 259 ? 0 : -(id - 259)))],
    ['tokenizer.ggml.token_type', vocabulary.map((_, id) => (id === 0 ? 2 : id < 3 ? 3 : id < 259 ? 6 : 1))],
    ['tokenizer.ggml.bos_token_id', 1],
    ['tokenizer.ggml.eos_token_id', 2],
    ['tokenizer.ggml.unknown_token_id', 0],
  ]);
  const opened = loadTokenizer(ggufTokenizerFiles(metadata, 'x.gguf')!);
  const tokensIn = (tokenizer: Tokenizer, text: string) => Array.from(tokenizer.encode(text), (id) => tokenizer.tokenOf(id));

  it('are merged by score, with a mark for each space and bytes for the rest', async () => {
    const tokenizer = await opened;
    const tokensOf = (text: string) => tokensIn(tokenizer, text);
    expect(tokensOf('abc')).toEqual(['▁abc']);
    expect(tokensOf('abcab')).toEqual(['▁abc', 'ab']);
    expect(tokensOf('bc a')).toEqual(['▁', 'bc', '▁a']);
    expect(tokensOf('Äé')).toEqual(['▁', 'Ä', '<0xC3>', '<0xA9>']);
    expect([...tokenizer.encode('a', { addSpecialTokens: true })]).toEqual([1, 267]);
    expect(tokenizer.decode(tokenizer.encode('bc aé'))).toBe('bc aé');
    expect([tokenizer.isSpecial(1), tokenizer.isSpecial(0), tokenizer.isSpecial(260)]).toEqual([true, true, false]);
  });

  it('give merges of the highest score first, and all ways to one piece together', () => {
    const listed = pieces.map((text, id) => ({ text, id, score: -id }));
    expect(mergesOfPieces(listed).map((pair) => pair.join('+'))).toEqual(['a+b', 'b+c', 'ab+c', 'a+bc', '▁a+bc', '▁+abc', '▁+a']);
  });

  it('come back from a tokenizer.json with merges', async () => {
    const tokenizer = await opened;
    const json = ggufTokenizerFiles(metadata, 'x.gguf')!;
    const again = ggufTokenizerMetadata(tokenizer, json.tokenizerJson, vocabulary.length);
    const twice = await loadTokenizer(
      ggufTokenizerFiles(new Map([...again].map(([key, value]) => [key, ArrayBuffer.isView(value) ? Array.from(value) : value])), 'x.gguf')!,
    );
    for (const text of ['abc', 'abcab', 'bc a', 'Äé ab', '  a'])
      expect([...twice.encode(text, { addSpecialTokens: true })]).toEqual([...tokenizer.encode(text, { addSpecialTokens: true })]);
  });
});

describe('what is refused', () => {
  it('is a damaged vocabulary, or one of an unknown kind', async () => {
    const { metadata } = await throughGguf('smollm_style');
    const refused = (key: string, value: unknown) => () => ggufTokenizerFiles(new Map([...metadata, [`tokenizer.ggml.${key}`, value]]), 'x.gguf');
    expect(refused('model', 'rwkv')).toThrow(DataError);
    expect(refused('model', 'rwkv')).toThrow(/x\.gguf: expected tokenizer\.ggml\.model to be gpt2 or llama, got rwkv/);
    expect(refused('pre', 'chameleon')).toThrow(/expected tokenizer\.ggml\.pre to be gpt-2, .*, got chameleon\. Put the tokenizer\.json of the model beside/);
    expect(refused('tokens', [1, 2])).toThrow(/tokenizer\.ggml\.tokens to be a list of texts/);
    expect(refused('token_type', [1])).toThrow(/one a token, got 1/);
    expect(refused('merges', 'x')).toThrow(/tokenizer\.ggml\.merges to be a list of texts, got x/);
    expect(ggufTokenizerFiles(new Map([['tokenizer.ggml.model', 'no_vocab']]), 'x.gguf')).toBeNull();
    expect(ggufTokenizerFiles(new Map(), 'x.gguf')).toBeNull();
  });

  it('is a tokenizer that GGUF has no name for', async () => {
    const json = await read<object>('smollm_style', 'tokenizer.json');
    const tokenizer = await openTokenizer(folderOf('smollm_style'));
    const other = { ...json, pre_tokenizer: { type: 'Whitespace' } };
    expect(() => ggufTokenizerMetadata(tokenizer, other, tokenizer.vocabSize)).toThrow(/expected one that splits texts as .*, got Whitespace/);
  });
});
