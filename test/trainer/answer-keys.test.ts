/** What the answers of completions are taken to be, where a method tells completions apart by them. */

import { describe, expect, it } from 'vitest';
import { createScorer } from '../../src/engines/scorer.ts';
import { builtInReward } from '../../src/rewards/index.ts';
import { formBatch } from '../../src/trainer/rollout-batch.ts';

describe('answers of completions', () => {
  it('are the numbers that exact_answer read, not the words about them; null where it read none', async () => {
    const texts = ['so it is 24', 'I think 24.0', '23', 'no idea'];
    const scorer = createScorer([{ reward: builtInReward('exact_answer', {}), weight: 1 }], ([index]) => texts[index!]!);
    const prompt = { id: '0', source: 'test', text: '', columns: {}, answer: '24' };
    const none = new Float32Array(1);
    const rollouts = texts.map((_, member) => {
      return { prompt: 0, member, tokens: Uint32Array.of(member), logProbs: none, entropies: none, finishReason: 'length' } as const;
    });
    const batch = formBatch(await scorer.score([prompt], rollouts), 1);
    expect(batch.answerKeys).toEqual(['24', '24', '23', null]);
    expect([...batch.rewards]).toEqual([1, 1, 0, 0]);
  });
});
