/** Whether a tokenizer that was written reads texts as the one it was made from. */

import { DataError } from '../base/errors.ts';
import { encodeChat } from '../tokenizer/chat.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';

const TEXTS = [
  'Hello, world!',
  ' two  spaces, 12345 and 3.14\n\n\ttabs',
  "it's DON'T we'll",
  'naïve Ünïcödé — 数学 🙂',
  'a\r\nb',
  'x=1;  // code\n    return {x: [1, 2]}',
];

const CHAT = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: 'What is 17 + 25?' },
];

/** @throws DataError for a text, a chat or a special token that it reads otherwise */
export function checkTokenizer(path: string, original: Tokenizer, written: Tokenizer): void {
  const { bos, eos } = original.specialTokens;
  for (const text of [...TEXTS, `${bos ?? ''}Hello${eos ?? ''}`]) {
    for (const addSpecialTokens of [false, true]) {
      const [want, got] = [original, written].map((tokenizer) => [...tokenizer.encode(text, { addSpecialTokens })].join(' '));
      if (want !== got) throw differs(path, `${JSON.stringify(text)} as ${want}`, got ?? '');
    }
  }
  const [want, got] = [original, written].map((tokenizer) => chatOf(tokenizer));
  if (want !== got) throw differs(path, `a chat as ${JSON.stringify(want)}`, JSON.stringify(got));
}

/** The rendered chat, or what its template says against it. */
function chatOf(tokenizer: Tokenizer): string {
  if (!tokenizer.chatTemplate) return 'no template';
  try {
    const { text, ids } = encodeChat(tokenizer, CHAT, { addGenerationPrompt: true });
    return `${text} ${ids.join(' ')}`;
  } catch (error) {
    if (error instanceof DataError) return 'an error';
    throw error;
  }
}

function differs(path: string, expected: string, got: string): DataError {
  return new DataError(
    `${path}: expected its tokenizer to read ${expected}, got ${got}. Nothing was kept; export safetensors, which carry the tokenizer as it is.`,
  );
}
