import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { DataError } from '../../src/base/errors.ts';
import { type Prompt, promptSet, promptText } from '../../src/data/prompt.ts';
import { parseModelConfig } from '../../src/model/parse-config.ts';
import { withEnds } from '../../src/recipe/completion-ends.ts';
import { promptEncoder, promptWarnings, renderPrompt } from '../../src/recipe/encode-prompts.ts';
import { openTokenizer } from '../../src/tokenizer/tokenizer-node.ts';
import { complete, readFrom } from './read-text.ts';

const folderOf = (path: string): string => fileURLToPath(new URL(`../golden/${path}`, import.meta.url));
const tokenizerOf = (name: string) => openTokenizer(folderOf(`tokenizers/${name}`));
const recipeOf = async (...overrides: string[]) => (await readFrom(complete, { overrides })).recipe;

const spoken: Prompt = { id: 'p1', source: 's', messages: [{ role: 'user', content: 'Hi' }], columns: {} };
const plain: Prompt = { id: 'p2', source: 's', text: 'Hi', columns: {} };

describe('prompts of messages', () => {
  it('are rendered with the system turn of the recipe, unless they have their own', async () => {
    const [tokenizer, recipe] = await Promise.all([tokenizerOf('smollm_style'), recipeOf('data.system_prompt="Be brief."')]);
    expect(renderPrompt(spoken, recipe, tokenizer).text).toBe(
      '<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n',
    );
    const own = { ...spoken, messages: [{ role: 'system', content: 'Be long.' }, ...spoken.messages!] };
    expect(renderPrompt(own, recipe, tokenizer).text).toContain('Be long.');
    expect(renderPrompt(own, recipe, tokenizer).text).not.toContain('Be brief.');
  });

  it('are encoded once, cut where the recipe says so, and told apart from text', async () => {
    const [tokenizer, recipe] = await Promise.all([tokenizerOf('llama3_style'), recipeOf('data.max_prompt_length=5', 'data.overlong=left')]);
    const encode = promptEncoder(recipe, tokenizer);
    const { ids } = renderPrompt(spoken, recipe, tokenizer);
    expect([...encode(spoken)]).toEqual([...ids.slice(-5)]);
    expect(encode(spoken)).toBe(encode({ ...spoken, id: 'again' }));
    expect([...encode(plain)]).toEqual([...tokenizer.encode('Hi', { addSpecialTokens: true })]);
  });

  it('need a template, and one that takes them', async () => {
    const recipe = await recipeOf();
    const without = { ...(await tokenizerOf('smollm_style')), chatTemplate: null };
    expect(() => renderPrompt(spoken, recipe, without)).toThrow(DataError);
    expect(() => renderPrompt(spoken, recipe, without)).toThrow(/prompt p1: chat template: expected one/);
    const strict = await tokenizerOf('llama2_style');
    const wrong = { ...spoken, messages: [{ role: 'assistant', content: 'I start.' }] };
    expect(() => renderPrompt(wrong, recipe, strict)).toThrow(/prompt p1: .*Conversation roles must alternate/);
  });
});

describe('prompts of text', () => {
  it('are warned of where the tokenizer leaves characters out', async () => {
    const small = await openTokenizer(fileURLToPath(new URL('../../models/make-the-number', import.meta.url)));
    const prompts = ['67>21=', '6 + 7 → 日', '日本'].map((text, i): Prompt => ({ id: `p${i}`, source: 's', text, columns: {} }));
    expect(promptWarnings(promptSet('sums', prompts.slice(0, 1)), small)).toEqual([]);
    expect(promptWarnings(promptSet('sums', prompts), small)).toEqual([
      expect.stringMatching(/^sums: 2 of its 3 prompts have characters that the tokenizer knows no token for and leaves out: → 日 本\. Write them/),
    ]);
    const whole = { ...(await tokenizerOf('qwen_style')), chatTemplate: null };
    expect(promptWarnings(promptSet('sums', prompts), whole)).toEqual([]);
  });

  it('are left as they are, with a warning where the model knows conversations', async () => {
    const [tokenizer, recipe] = await Promise.all([tokenizerOf('qwen_style'), recipeOf()]);
    expect(renderPrompt(plain, recipe, tokenizer).text).toBe('Hi');
    expect(promptWarnings(promptSet('mixed', [plain, spoken]), tokenizer)).toEqual([expect.stringMatching(/^mixed: 1 of its 2 prompts are plain text/)]);
    expect(promptWarnings(promptSet('plain', [plain]), tokenizer)[0]).toMatch(/^plain: its prompts are plain text/);
    expect(promptWarnings(promptSet('spoken', [spoken]), tokenizer)).toEqual([]);
    expect(promptWarnings(promptSet('plain', [plain]), { ...tokenizer, chatTemplate: null })).toEqual([]);
  });

  it('are refused where a system turn was asked for, or the first token stands there twice', async () => {
    const [tokenizer, recipe, withSystem] = await Promise.all([tokenizerOf('llama3_style'), recipeOf(), recipeOf('data.system_prompt=x')]);
    expect(() => renderPrompt(plain, withSystem, tokenizer)).toThrow(/prompt p2: expected a conversation, since data.system_prompt is set/);
    expect(() => renderPrompt({ ...plain, text: '<|begin_of_text|>Hi' }, recipe, tokenizer)).toThrow(/prompt p2: expected <\|begin_of_text\|> once/);
  });

  it('read as their text, conversations as their turns', () => {
    expect([promptText(plain), promptText(spoken)]).toEqual(['Hi', 'user: Hi']);
  });
});

describe('the tokens that end a completion', () => {
  it('are those of configuration, tokenizer and template together', async () => {
    const tokenizer = await tokenizerOf('llama3_style');
    const file: unknown = JSON.parse(await readFile(folderOf('models/llama/config.json'), 'utf8'));
    const config = { ...parseModelConfig(file), eosIds: [481] };
    const ends = withEnds(config, tokenizer);
    expect(ends.config.eosIds).toEqual([481, 484]);
    expect([ends.endOf(plain), ends.endOf(spoken)]).toEqual([481, 484]);
    const textOnly = { ...tokenizer, chatTemplate: null, specialTokens: {} };
    expect(withEnds(config, textOnly).config.eosIds).toEqual([481]);
    expect(() => withEnds({ ...config, eosIds: [] }, textOnly)).toThrow(/expected an end token/);
  });
});
