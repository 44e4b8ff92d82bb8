import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DataError } from '../../src/base/errors.ts';
import { NUMBER_VOCABULARY } from '../../src/data/make-the-number.ts';
import { openTokenizer } from '../../src/tokenizer/tokenizer-node.ts';
import { loadTokenizer } from '../../src/tokenizer/tokenizer.ts';

const pathOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

interface GoldenCases {
  readonly vocab_size: number;
  readonly special_ids: Readonly<Record<string, number>>;
  readonly encode: readonly {
    readonly text: string;
    readonly ids: readonly number[];
    readonly ids_with_special_tokens: readonly number[];
    readonly decoded: string;
    readonly decoded_skip_special: string;
  }[];
  readonly decode: readonly {
    readonly ids: readonly number[];
    readonly decoded: string;
    readonly decoded_skip_special: string;
  }[];
}

describe.each(['qwen_style', 'smollm_style', 'llama3_style', 'llama2_style', 'metaspace_style'])('golden tokenizer %s', (name) => {
  const opened = openTokenizer(pathOf(`../golden/tokenizers/${name}`));
  const read = readFile(pathOf(`../golden/tokenizers/${name}/cases.json`), 'utf8').then((text): GoldenCases => JSON.parse(text));

  it('encodes every text', async () => {
    const [tokenizer, cases] = await Promise.all([opened, read]);
    expect(tokenizer.vocabSize).toBe(cases.vocab_size);
    expect(cases.encode.length).toBeGreaterThan(200);
    for (const { text, ids, ids_with_special_tokens } of cases.encode) {
      expect([text, ...tokenizer.encode(text)]).toEqual([text, ...ids]);
      expect([text, ...tokenizer.encode(text, { addSpecialTokens: true })]).toEqual([text, ...ids_with_special_tokens]);
    }
  });

  it('decodes every text, and ids that are no text', async () => {
    const [tokenizer, cases] = await Promise.all([opened, read]);
    for (const { ids, decoded, decoded_skip_special } of [...cases.encode, ...cases.decode]) {
      expect([ids, tokenizer.decode(ids)]).toEqual([ids, decoded]);
      expect([ids, tokenizer.decode(ids, { skipSpecialTokens: true })]).toEqual([ids, decoded_skip_special]);
    }
  });

  it('names its special tokens', async () => {
    const [tokenizer, cases] = await Promise.all([opened, read]);
    for (const id of Object.values(cases.special_ids)) expect(tokenizer.idOf(tokenizer.tokenOf(id) ?? '')).toBe(id);
  });
});

describe('the tokenizer of make-the-number', () => {
  const opened = openTokenizer(pathOf('../../models/make-the-number'));

  it('has the task’s tokens in the task’s order', async () => {
    const tokenizer = await opened;
    expect(tokenizer.vocabSize).toBe(18);
    expect(NUMBER_VOCABULARY.map((_, id) => tokenizer.tokenOf(id))).toEqual(NUMBER_VOCABULARY);
    expect(NUMBER_VOCABULARY.map((token) => tokenizer.idOf(token))).toEqual(NUMBER_VOCABULARY.map((_, id) => id));
  });

  it('puts the first token before a prompt', async () => {
    const tokenizer = await opened;
    expect([...tokenizer.encode('67>21=', { addSpecialTokens: true })]).toEqual([1, 9, 10, 16, 5, 4, 17]);
    expect([...tokenizer.encode('6+9*1-7<eos>')]).toEqual([9, 13, 12, 15, 4, 14, 10, 2]);
  });

  it('gives back every text of its tokens', async () => {
    const tokenizer = await opened;
    const ids = fc.array(fc.nat(17), { maxLength: 30 });
    fc.assert(
      fc.property(ids, (sequence) => {
        const text = sequence.map((id) => NUMBER_VOCABULARY[id]).join('');
        expect(tokenizer.decode(sequence)).toBe(text);
        expect([...tokenizer.encode(text)]).toEqual(sequence);
        expect(tokenizer.decode(Uint32Array.from(sequence), { skipSpecialTokens: true })).toBe(text.replace(/<\w+>/g, ''));
      }),
    );
  });

  it('decodes nothing as nothing', async () => {
    const tokenizer = await opened;
    expect(tokenizer.decode([])).toBe('');
    expect(tokenizer.decode([18, 9, 4000])).toBe('6');
    expect(tokenizer.decode([0, 1, 2], { skipSpecialTokens: true })).toBe('');
    expect([...tokenizer.encode('')]).toEqual([]);
  });
});

describe('loadTokenizer', () => {
  it.each([
    [null, /expected a tokenizer with a model, got null/],
    [{ vocab: {} }, /expected a tokenizer with a model/],
    [{ model: { type: 'WordLevel', vocab: {} } }, /expected a model of type BPE, Unigram, WordPiece, got WordLevel/],
    [{ model: { type: 'BPE', vocab: {}, merges: [] } }, /expected a tokenizer that can be read/],
  ])('refuses %j', async (tokenizerJson, message) => {
    await expect(loadTokenizer({ tokenizerJson })).rejects.toThrow(DataError);
    await expect(loadTokenizer({ tokenizerJson })).rejects.toThrow(message);
  });

  it('says which folder has none', async () => {
    await expect(openTokenizer(pathOf('./nowhere'))).rejects.toThrow(/nowhere.tokenizer.json: expected a file/);
  });

  it('leaves the spaces of a text alone, whatever the configuration asks for', async () => {
    const folder = pathOf('../golden/tokenizers/llama3_style');
    const tokenizerJson: unknown = JSON.parse(await readFile(`${folder}/tokenizer.json`, 'utf8'));
    const tokenizer = await loadTokenizer({ tokenizerJson, tokenizerConfig: { clean_up_tokenization_spaces: true } });
    expect(tokenizer.decode(tokenizer.encode("a , b . c n't"))).toBe("a , b . c n't");
  });
});
