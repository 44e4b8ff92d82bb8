/**
 * A reward of one's own, in the shape TRL users know: a batch in, one number each out. Any column of the data arrives by name.
 *
 *     reward: [{ use: make_the_number }, { use: examples/rewards/few-digits.ts:fewDigits, weight: 0.1 }]
 *
 * Pays short answers: 1 for two digits, 0 for seven.
 */

interface Batch {
  readonly prompts: readonly string[];
  readonly completions: readonly string[];
}

export function fewDigits({ completions }: Batch): number[] {
  return completions.map((text) => {
    const digits = text.replace(/\D/g, '').length;
    return Math.max(0, Math.min(1, (7 - digits) / 5));
  });
}
