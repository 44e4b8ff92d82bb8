import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DataError } from '../../src/base/errors.ts';
import { parseJsonl, parsePrompts } from '../../src/data/jsonl.ts';
import { readPrompts } from '../../src/data/jsonl-node.ts';

describe('parseJsonl', () => {
  it('keeps line numbers past empty lines, a byte-order mark and Windows line ends', () => {
    expect(parseJsonl('\uFEFF{"a":1}\r\n\r\n  \n{"a":2}', 'f.jsonl')).toEqual([
      { line: 1, columns: { a: 1 } },
      { line: 4, columns: { a: 2 } },
    ]);
    expect(parseJsonl('', 'f.jsonl')).toEqual([]);
  });

  it.each([
    ['{"a":1}\n{"a":\n{"a":3}\n', /^f.jsonl:2: expected a JSON object, got {"a":\. Mend the line/],
    ['{"a":1}\n{"a":2,"b', /^f.jsonl:2: expected a JSON object, got a last line cut off after 9 characters/],
    ['[1]\n', /^f.jsonl:1: expected a JSON object, got \[1\]/],
    ['3', /^f.jsonl:1: expected a JSON object, got 3/],
  ])('refuses %j', (text, message) => {
    expect(() => parseJsonl(text, 'f.jsonl')).toThrow(DataError);
    expect(() => parseJsonl(text, 'f.jsonl')).toThrow(message);
  });
});

describe('parsePrompts', () => {
  const one = (row: object, names = {}) => parsePrompts(JSON.stringify(row), 'f.jsonl', names).prompts[0];

  it('reads a string prompt and keeps every column', () => {
    expect(one({ prompt: 'What is 1 + 1?', answer: '2', level: 3 })).toEqual({
      id: 'f.jsonl:1',
      source: 'f.jsonl',
      text: 'What is 1 + 1?',
      answer: '2',
      columns: { prompt: 'What is 1 + 1?', answer: '2', level: 3 },
    });
  });

  it('reads messages, and verl’s shape', () => {
    const messages = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: '1 + 1?' },
    ];
    const row = {
      data_source: 'openai/gsm8k',
      prompt: messages,
      reward_model: { style: 'rule', ground_truth: '2' },
      extra_info: { index: 0 },
    };
    const prompt = one(row);
    expect(prompt).toMatchObject({ source: 'openai/gsm8k', messages, answer: '2' });
    expect(prompt).not.toHaveProperty('text');
  });

  it.each(['ground_truth', 'answer', 'solution', 'target', 'label'])('finds the answer in %s', (name) => {
    expect(one({ prompt: 'p', [name]: 5 })?.answer).toBe(5);
  });

  it('takes the most telling answer column, and none that is null', () => {
    expect(one({ prompt: 'p', label: 1, ground_truth: 2 })?.answer).toBe(2);
    expect(one({ prompt: 'p', answer: null, label: 1 })?.answer).toBe(1);
    expect(one({ prompt: 'p' })).not.toHaveProperty('answer');
  });

  it('takes the columns it is told, also nested ones', () => {
    const names = { promptKey: 'question', answerKey: 'extra.gold', sourceKey: 'set' };
    expect(one({ question: 'q', extra: { gold: 'g' }, answer: 'a', set: 's' }, names)).toMatchObject({
      text: 'q',
      answer: 'g',
      source: 's',
    });
  });

  it.each([
    [{ question: 'q', answer: 'a' }, {}, /^f.jsonl:1: expected a column prompt, got question, answer\. Name the prompt's column in data.prompt_key/],
    [{ prompt: 3 }, {}, /expected prompt to be a string or a list of messages, got 3/],
    [{ prompt: [] }, {}, /got \[\]/],
    [{ prompt: [{ role: 'user' }] }, {}, /f.jsonl:1: prompt: expected messages of role and content as text, got {"role":"user"}/],
    [{ prompt: 'p', answer: 1 }, { answerKey: 'gold' }, /expected a column gold, got prompt, answer\. Correct data.answer_key/],
    [{ prompt: 'p', set: 3 }, { sourceKey: 'set' }, /expected set to be a string, got 3\. Correct data.source_key/],
  ])('refuses %j', (row, names, message) => expect(() => one(row, names)).toThrow(message));

  it('refuses a file without prompts', () => expect(() => parsePrompts('\n\n', 'f.jsonl')).toThrow(/f.jsonl: expected at least one prompt/));
});

describe('readPrompts', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'entrain-jsonl-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('reads a file and names the set after it', async () => {
    await writeFile(join(folder, 'sums.jsonl'), '{"prompt":"é"}\n{"prompt":"b"}\n');
    const set = await readPrompts(join(folder, 'sums.jsonl'));
    expect(set.name).toBe('sums');
    expect(set.prompts.map(({ text, source }) => [text, source])).toEqual([
      ['é', 'sums'],
      ['b', 'sums'],
    ]);
  });

  it('refuses what is missing or not text', async () => {
    await writeFile(join(folder, 'bytes.jsonl'), Uint8Array.of(0x7b, 0xff, 0x7d));
    await expect(readPrompts(join(folder, 'bytes.jsonl'))).rejects.toThrow(/expected UTF-8 text/);
    await expect(readPrompts(join(folder, 'nowhere.jsonl'))).rejects.toThrow(/nowhere.jsonl: expected a file that can be read/);
  });
});
