import { describe, expect, it } from 'vitest';
import { closingLines } from '../../src/cli/closing.ts';
import { memoryStore } from '../../src/trainer/run-store-memory.ts';

const row = (step: number, mean: number) => `${JSON.stringify({ step, attempt: 1, time: '', 'eval/heldout/mean@1': mean })}\n`;
const sample = (step: number, completion: string, reward: number) => `${JSON.stringify({ step, prompt: '67>21=', completion, reward })}\n`;

describe('what a run came to', () => {
  it('shows measures before, at their peak and after, and completions then and now', async () => {
    const store = memoryStore();
    await store.append('eval/summary.jsonl', row(0, 0.25) + row(5, 0.75) + row(10, 0.5));
    await store.append('eval/eval_00000.jsonl', sample(0, '6+7', 0) + sample(0, '6+7+8', 1));
    await store.append('eval/eval_00010.jsonl', sample(10, '6+7+8', 1) + sample(10, '6+7+8', 1));
    const text = (await closingLines(store, ['npm start'])).join('\n');
    expect(text).toMatch(/mean@1 +0\.25 +0\.75 \(5\) +0\.50/);
    expect(text).toMatch(/step 0 +6\+7 {3}6\+7\+8 ✓/);
    expect(text).toMatch(/step 10 +6\+7\+8 ✓ ×2/);
    expect(text).toContain('  npm start');
  });

  it('says nothing of a run that was evaluated once', async () => {
    const store = memoryStore();
    await store.append('eval/summary.jsonl', row(0, 0.25));
    expect(await closingLines(store, [])).toEqual([]);
  });
});
