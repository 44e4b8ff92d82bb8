import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parsePrompts } from '../../src/data/jsonl.ts';
import { PlanningDevice } from '../../src/gpu/planning-device.ts';
import { traitsOf } from '../../src/gpu/traits.ts';
import { parseModelConfig } from '../../src/model/parse-config.ts';
import { exampleSource } from '../../src/recipe/build-data.ts';
import { viewData } from '../../src/recipe/data-view.ts';
import type { BuildServices } from '../../src/recipe/services.ts';
import { openTokenizer } from '../../src/tokenizer/tokenizer-node.ts';
import { dataLines } from '../../src/cli/data-show.ts';
import { complete, readFrom } from './read-text.ts';

const golden = (path: string): string => fileURLToPath(new URL(`../golden/${path}`, import.meta.url));

const rows = `{"prompt": [{"role": "user", "content": "Add 3 and 4."}], "answer": "7"}
{"prompt": [{"role": "user", "content": "Add 13 and 44, please."}], "answer": "57"}
{"prompt": [{"role": "user", "content": "Hi"}], "answer": "?"}
`;

/** A model that has a shape and a tokenizer, and no weights. */
async function services(): Promise<BuildServices> {
  const config = { ...parseModelConfig(JSON.parse(await readFile(golden('models/llama/config.json'), 'utf8'))), vocabSize: 600, eosIds: [0] };
  const weights = { name: 'none', tensors: new Map(), readBytes: () => Promise.reject(new Error('read')), read: () => Promise.reject(new Error('read')) };
  return {
    device: new PlanningDevice(traitsOf('software', { maxBindingBytes: 2 ** 27 })),
    openModel: () => Promise.resolve({ config, weights, sideFiles: new Map() }),
    openTokenizer: async () => ({ tokenizer: await openTokenizer(golden('tokenizers/smollm_style')), sideFiles: new Map() }),
    readPrompts: (path) => Promise.resolve(parsePrompts(rows, path, { name: 'sums' })),
    loadReward: () => Promise.reject(new Error('reward')),
  };
}

describe('viewData', () => {
  it('shows the first prompt rendered, what follows it, and what ends it', async () => {
    const { recipe } = await readFrom(complete, { overrides: ['rollout.max_tokens=24'] });
    const view = await viewData(recipe, await services());
    expect(view).toMatchObject({ name: 'sums', prompts: 3, completion: null, maxTokens: 24, warnings: [] });
    expect(view.first).toMatchObject({ id: 'p.jsonl:1', text: '<|im_start|>user\nAdd 3 and 4.<|im_end|>\n<|im_start|>assistant\n' });
    expect(view.first.tokens[0]).toEqual({ id: 1, token: '<|im_start|>' });
    expect(view.ends).toEqual([
      { id: 0, token: '<|endoftext|>' },
      { id: 2, token: '<|im_end|>' },
    ]);
    expect(view.lengths[0]).toBeLessThan(view.lengths[1]);
    expect(view.lengths[1]).toBe(view.first.tokens.length);
    const lines = dataLines(view, 80);
    expect(lines[0]).toMatch(/^sums: 3 prompts of \d+ to \d+ tokens, median \d+$/);
    expect(lines).toContain('  <|im_start|>user');
    expect(lines).toContain(`  ${view.first.tokens.length} × 0  the prompt`);
    expect(lines).toContain('  at most 24 × 1  the completion, its end token included');
    expect(lines.at(-1)).toBe('  0 <|endoftext|> · 2 <|im_end|>');
    expect(lines.every((line) => line.length <= 80)).toBe(true);
  });

  it('shows the answer that supervised training learns, with the template’s end', async () => {
    const { recipe } = await readFrom(complete, { overrides: ['method=sft'] });
    const view = await viewData(recipe, await services());
    expect(view.completion?.at(-1)).toEqual({ id: 2, token: '<|im_end|>' });
    expect(dataLines(view, 100)).toContain('  2 × 1  the answer, its end token included');
  });

  it('refuses supervised training on rows without an answer before the first is drawn', async () => {
    const { recipe } = await readFrom(complete, { overrides: ['method=sft'] });
    const tokenizer = await openTokenizer(golden('tokenizers/smollm_style'));
    const half = parsePrompts(`${rows}{"prompt": "Hello"}\n`, 'p.jsonl');
    expect(() =>
      exampleSource(
        recipe,
        half,
        () => Uint32Array.of(1),
        tokenizer,
        () => 0,
      ),
    ).toThrow(/^prompt p\.jsonl:4: expected an answer to learn, as text, got none\. Name its field with data\.answer_key/);
  });
});
