import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { DataError } from '../../src/base/errors.ts';
import { answerEndId, encodeChat, refuseDoubledBos } from '../../src/tokenizer/chat.ts';
import { type ChatMessage, parseChatTemplate, renderChat } from '../../src/tokenizer/chat-template.ts';
import { configuredTemplate } from '../../src/tokenizer/configured-template.ts';
import { openTokenizer } from '../../src/tokenizer/tokenizer-node.ts';

const folderOf = (name: string): string => fileURLToPath(new URL(`../golden/tokenizers/${name}`, import.meta.url));

interface ChatCases {
  readonly chat: readonly {
    readonly messages: readonly ChatMessage[];
    readonly add_generation_prompt: boolean;
    readonly text?: string;
    readonly ids?: readonly number[];
    readonly error?: string;
  }[];
}

const render = (source: string, variables: Record<string, unknown> = {}): string =>
  renderChat(parseChatTemplate(source, 'template'), { messages: [{ role: 'user', content: 'Hi' }], addGenerationPrompt: false, variables });

describe.each([
  ['qwen_style', '<|im_end|>'],
  ['smollm_style', '<|im_end|>'],
  ['llama3_style', '<|eot_id|>'],
  ['llama2_style', '</s>'],
  ['metaspace_style', '</s>'],
])('golden chats of %s', (name, end) => {
  it('are rendered, encoded and refused as the reference does', async () => {
    const [tokenizer, text] = await Promise.all([openTokenizer(folderOf(name)), readFile(`${folderOf(name)}/cases.json`, 'utf8')]);
    const { chat }: ChatCases = JSON.parse(text);
    expect(chat.length).toBeGreaterThan(20);
    for (const { messages, add_generation_prompt: addGenerationPrompt, text: expected, ids, error } of chat) {
      const encode = () => encodeChat(tokenizer, messages, { addGenerationPrompt });
      if (error !== undefined) {
        expect(encode).toThrow(DataError);
        expect(encode).toThrow(error);
        continue;
      }
      const got = encode();
      expect(got.text).toBe(expected);
      expect([...got.ids]).toEqual(ids);
      expect(() => refuseDoubledBos(got.ids, tokenizer, 'chat')).not.toThrow();
    }
  });

  it('end with the token the template writes after an answer', async () => {
    const tokenizer = await openTokenizer(folderOf(name));
    expect(answerEndId(tokenizer)).toBe(tokenizer.idOf(end));
    expect(tokenizer.isSpecial(answerEndId(tokenizer)!)).toBe(true);
  });
});

it.each(['qwen_style', 'smollm_style', 'llama3_style', 'llama2_style', 'metaspace_style'])('a long conversation is within what %s may take', async (name) => {
  const { chatTemplate, specialTokens } = await openTokenizer(folderOf(name));
  const messages = Array.from({ length: 101 }, (_, i) => ({ role: i % 2 === 0 ? 'user' : 'assistant', content: 'word '.repeat(400) }));
  expect(renderChat(chatTemplate!, { messages, addGenerationPrompt: true, specialTokens }).length).toBeGreaterThan(200_000);
});

describe('a doubled first token', () => {
  it('is refused where text and tokenizer both write it', async () => {
    const tokenizer = await openTokenizer(folderOf('llama3_style'));
    const ids = tokenizer.encode('<|begin_of_text|>Hello', { addSpecialTokens: true });
    expect(() => refuseDoubledBos(ids, tokenizer, 'prompt 3')).toThrow(/prompt 3: expected <\|begin_of_text\|> once at its beginning, got it twice/);
    expect(() => refuseDoubledBos(tokenizer.encode('Hello', { addSpecialTokens: true }), tokenizer, 'prompt 3')).not.toThrow();
  });
});

describe('a template', () => {
  it('sees its variables, the date in English, and loops', () => {
    expect(render('{% if enable_thinking %}<think>{% endif %}{{ messages[0].content }}', { enable_thinking: true })).toBe('<think>Hi');
    const dated = parseChatTemplate('{{ strftime_now("%d %b %Y, %B %A %j") }}', 'template');
    expect(renderChat(dated, { messages: [], addGenerationPrompt: false, now: new Date(2024, 6, 6) })).toBe('06 Jul 2024, July Saturday %j');
    expect(render('{% for i in range(3) %}{{ i }}{% endfor %}{% for i in range(4, 0, -2) %}{{ i }}{% endfor %}')).toBe('01242');
    expect(render('{{ "a,b" | replace(",", "; ") }}{{ "x".replace("x", "yz") }}{{ {"k": [1, 2]} | tojson(indent=2) }}')).toBe(
      'a; byz{\n  "k": [\n    1,\n    2\n  ]\n}',
    );
  });

  it.each([
    ['{{ raise_exception("no tools") }}', /refusal: no tools/],
    ['{% for m in messages %}', /expected a chat template in jinja/],
    ['{{ 1 + none }}', /expected a chat template that can be run/],
    [`{{ 1 }}${' '.repeat(600)}`, /no gap of 512/],
  ])('that fails says why: %s', (source, message) => {
    expect(() => render(source)).toThrow(DataError);
    expect(() => render(source)).toThrow(message);
  });

  it.each([
    ['an endless range', '{% for i in range(1000000000) %}{% endfor %}'],
    ['ranges in ranges', '{% for i in range(10000) %}{% for j in range(10000) %}{% endfor %}{% endfor %}'],
    ['a range kept and looped over', '{% set r = range(10000) %}{% for i in r %}{% for j in r %}{% endfor %}{% endfor %}'],
    ['a doubled text', '{% set ns = namespace(s="ab") %}{% for i in range(60) %}{% set ns.s = ns.s + ns.s %}{% endfor %}{{ ns.s }}'],
    ['a doubled list', '{% set ns = namespace(a=[1]) %}{% for i in range(60) %}{% set ns.a = ns.a + ns.a %}{% endfor %}'],
    ['lists in lists', '{% set ns = namespace(a=[1]) %}{% for i in range(60) %}{% set ns.a = [ns.a, ns.a] %}{% endfor %}{{ ns.a | tojson }}'],
    ['a namespace in itself', '{% set ns = namespace(a=1) %}{% set ns.a = ns %}{{ ns }}'],
    [
      'namespaces filled late',
      `${Array.from({ length: 30 }, (_, i) => `{% set n${i} = namespace(a=1) %}{% set b${i} = [n${i}, n${i}] %}`).join('')}${Array.from({ length: 29 }, (_, i) => `{% set n${i + 1}.a = b${i} %}`).join('')}{{ b29 | tojson }}`,
    ],
    ['a macro that calls itself', '{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}'],
    [
      'a wide replacement',
      '{% set ns = namespace(s="abcdefgh") %}{% for i in range(12) %}{% set ns.s = ns.s + ns.s %}{% endfor %}{{ ns.s.replace("", ns.s) }}',
    ],
    ['a wide join', '{% set ns = namespace(s="abcdefgh") %}{% for i in range(12) %}{% set ns.s = ns.s + ns.s %}{% endfor %}{{ range(10000) | join(ns.s) }}'],
    ['a wide indentation', '{{ "a\\nb" | indent(1000000000) }}'],
    ['a wide JSON', '{{ [[[[1]]]] | tojson(indent=500000000) }}'],
  ])('is stopped at %s', (_, source) => {
    const before = process.cpuUsage();
    expect(() => render(source)).toThrow(/template: expected a chat template that (ends within|can be run, got: (.*call stack|.*not a function))/);
    // Of this process alone: tests run beside others.
    expect(process.cpuUsage(before).user).toBeLessThan(3e6);
  });
});

describe('configuredTemplate', () => {
  it('takes a text, the default of several, or the only one', () => {
    expect(configuredTemplate({ chat_template: 'a' }, 'f')).toBe('a');
    expect(
      configuredTemplate(
        {
          chat_template: [
            { name: 'tool_use', template: 'b' },
            { name: 'default', template: 'c' },
          ],
        },
        'f',
      ),
    ).toBe('c');
    expect(configuredTemplate({ chat_template: { only: 'd' } }, 'f')).toBe('d');
    expect(configuredTemplate({}, 'f')).toBeNull();
    expect(() => configuredTemplate({ chat_template: { a: 'x', b: 'y' } }, 'f')).toThrow(/one named default, got a, b/);
    expect(() => configuredTemplate({ chat_template: 7 }, 'f')).toThrow(DataError);
  });
});
