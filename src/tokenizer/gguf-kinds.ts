/** What a token is, as `tokenizer.ggml.token_type` numbers it. */
export const KIND = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;
