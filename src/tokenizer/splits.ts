/** How byte-level tokenizers split a text before they merge, by the names that GGUF gives them. */

export interface Split {
  readonly normalizer: object | null;
  readonly preTokenizer: object;
  /** A word that is a token as a whole is not merged together from smaller ones. */
  readonly ignoreMerges: boolean;
}

export const GPT2_PATTERN = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

export const LLAMA3_PATTERN =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

export const QWEN2_PATTERN = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

const bytes = (usesRegex: boolean): object => ({ type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: usesRegex });

const byPattern = (Regex: string): object => ({
  type: 'Sequence',
  pretokenizers: [{ type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false }, bytes(false)],
});

const gpt2: Split = { normalizer: null, preTokenizer: bytes(true), ignoreMerges: false };
const digitByDigit: Split = {
  normalizer: null,
  preTokenizer: { type: 'Sequence', pretokenizers: [{ type: 'Digits', individual_digits: true }, bytes(true)] },
  ignoreMerges: false,
};
const llama3: Split = { normalizer: null, preTokenizer: byPattern(LLAMA3_PATTERN), ignoreMerges: true };
const qwen2: Split = { normalizer: { type: 'NFC' }, preTokenizer: byPattern(QWEN2_PATTERN), ignoreMerges: false };

export const SPLITS: ReadonlyMap<string, Split> = new Map([
  ['gpt-2', gpt2],
  ['smollm', digitByDigit],
  ['starcoder', digitByDigit],
  ['llama-bpe', llama3],
  ['qwen2', qwen2],
  ['deepseek-r1-qwen', qwen2],
]);
