/** Batches of tokens as a step leaves them, drawn from a seed. */

import { NUMBER_VOCABULARY, Random } from '../../src/index.ts';
import { describedTokens } from '../../demo/data/described-tokens.ts';
import type { TokenBatch, TokenRow } from '../../demo/data/frame.ts';

/** Groups of eight completions of 3 to 14 tokens; ratios are near 1, some beyond the clip. */
export function drawnBatch(groups = 6, seed = 5): TokenBatch {
  const random = Random.seeded(seed).fork('token-batch');
  const rows: TokenRow[] = [];
  let start = 0;
  for (let row = 0; row < 8 * groups; row++) {
    const ids = Array.from({ length: 3 + random.fork('length').below(12, row) }, (_, t) => 3 + random.fork('token').below(12, row, t));
    const tokens = ids.map((id) => NUMBER_VOCABULARY[id]!);
    rows.push({
      prompt: '67>21=',
      group: row >> 3,
      text: tokens.join(''),
      tokens,
      ids,
      reward: random.fork('reward').below(2, row),
      verdict: 'value',
      advantage: 0,
      truncated: false,
      start,
    });
    start += ids.length;
  }
  const column = (name: string, low: number, high: number): Float32Array =>
    Float32Array.from({ length: start }, (_, at) => low + (high - low) * random.fork(name).uniform(at));
  const logProb = column('log-prob', -3, -0.01);
  const gap = column('gap', -0.35, 0.35);
  const entropy = column('entropy', 0.05, 2);
  const measured = {
    logProb,
    oldLogProb: logProb.map((value, at) => value - gap[at]!),
    entropy,
    oldEntropy: entropy.map((value, at) => value * (1 + gap[at]! / 4)),
    weight: new Float32Array(start),
    entropyWeight: new Float32Array(start),
    sumP2: column('sum-p2', 0.1, 0.9),
    sumP2LogP: column('sum-p2-log-p', -0.4, -0.01),
  };
  return describedTokens({ step: 7, maxTokens: 14, rows: withAdvantages(rows), tokenCount: start, rowCount: rows.length }, measured);
}

/** GRPO's: against the group's mean, over its deviation. */
function withAdvantages(rows: readonly TokenRow[]): TokenRow[] {
  return rows.map((row) => {
    const rewards = rows.filter(({ group }) => group === row.group).map(({ reward }) => reward);
    const mean = rewards.reduce((sum, reward) => sum + reward, 0) / rewards.length;
    const deviation = Math.sqrt(rewards.reduce((sum, reward) => sum + (reward - mean) ** 2, 0) / (rewards.length - 1));
    return { ...row, advantage: deviation === 0 ? 0 : (row.reward - mean) / (deviation + 1e-6) };
  });
}
