import { describe, expect, it } from 'vitest';
import { tryPatterns } from '../../src/tokenizer/pattern-trial-node.ts';
import { trialTexts, unknownPatterns } from '../../src/tokenizer/patterns.ts';

const withPattern = (...patterns: string[]) => ({
  pre_tokenizer: { type: 'Sequence', pretokenizers: patterns.map((Regex) => ({ type: 'Split', pattern: { Regex }, behavior: 'Isolated' })) },
});

describe('unknownPatterns', () => {
  it('finds each once, wherever it stands, and passes published ones', () => {
    const gpt2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
    const json = {
      ...withPattern(gpt2, 'b+'),
      normalizer: { type: 'Replace', pattern: { Regex: 'a' }, content: '' },
      decoder: { decoders: [{ pattern: { Regex: 'b+' } }] },
    };
    expect(unknownPatterns(json, 'f')).toEqual(['a', 'b+']);
    expect(unknownPatterns(null, 'f')).toEqual([]);
    expect(() => unknownPatterns(withPattern('a'.repeat(5000)), 'f')).toThrow(/f: expected regular expressions of at most 4096 characters, got 5000/);
  });

  it('has trial texts of the pattern’s own characters', () => {
    expect(trialTexts('(q|xy)*').map((text) => text.slice(0, 2))).toEqual(expect.arrayContaining(['qq', 'xy']));
  });
});

describe('tryPatterns', () => {
  it('passes patterns that end', async () => {
    await expect(tryPatterns(withPattern('\\p{N}{1,3}', '[^\\r\\n]+?|\\s+(?!\\S)'), 'f')).resolves.toBeUndefined();
    await expect(tryPatterns(withPattern(), 'f')).resolves.toBeUndefined();
  });

  it.each(['(a+)+$', '(q|q)*z$', '(xy|x|y)+$'])('refuses %s, which hangs', async (pattern) => {
    const started = performance.now();
    await expect(tryPatterns(withPattern('a', pattern), 'f')).rejects.toThrow(
      `f: expected regular expressions that end within 1000 ms on simple texts, got ${JSON.stringify(pattern)}.`,
    );
    expect(performance.now() - started).toBeLessThan(15_000);
  });

  it('refuses one that is no regular expression', async () => {
    await expect(tryPatterns(withPattern('(a'), 'f')).rejects.toThrow('"(a"');
  });
});
