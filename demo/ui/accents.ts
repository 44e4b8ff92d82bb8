/** One accent to a variant, the same in every view. The colours stand in style/tokens.css. */

const NAMED: Readonly<Record<string, string>> = {
  grpo: 'grpo',
  'clip-cov': 'clip-cov',
  'kl-cov': 'kl-cov',
  'entropy-bonus': 'bonus',
  'target-entropy': 'target',
  'your-own-weight': 'own',
};

const OTHERS = ['1', '2', '3', '4', '5'] as const;

/** The CSS colour of a variant, from the name people read. */
export function accentOf(label: string): string {
  const key = label.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  const named = NAMED[key] ?? Object.entries(NAMED).find(([name]) => key.startsWith(name))?.[1];
  return `var(--accent-${named ?? OTHERS[sumOf(key) % OTHERS.length]!})`;
}

function sumOf(text: string): number {
  let sum = 0;
  for (const letter of text) sum = (sum * 31 + letter.charCodeAt(0)) >>> 0;
  return sum;
}
