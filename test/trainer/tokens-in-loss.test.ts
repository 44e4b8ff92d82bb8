/** Tokens that an algorithm leaves out of the loss: neither in the mask nor in any count of a mini-batch. */

import { describe, expect, it } from 'vitest';
import { NO_NEEDS } from '../../src/algorithms/algorithm.ts';
import { Random } from '../../src/base/random.ts';
import type { ScoredRollout } from '../../src/engines/scorer.ts';
import { ReferenceDevice } from '../../src/gpu/reference-device.ts';
import { cutMiniBatches, type StepMaterial } from '../../src/trainer/mini-batches.ts';
import { formBatch } from '../../src/trainer/rollout-batch.ts';
import { StepTables } from '../../src/trainer/step-tables.ts';

const T = 3;

function material(tokensInLoss: Uint8Array): StepMaterial {
  const scored = [3, 2].map((length, member): ScoredRollout => {
    const none = new Float32Array(length);
    const tokens = new Uint32Array(length).fill(5);
    const prompt = { id: '0', source: 'test', text: '', columns: {} };
    return {
      rollout: { prompt: 0, member, tokens, logProbs: none, entropies: none, finishReason: 'stop' },
      completion: { prompt, text: '', ids: tokens, finishReason: 'stop' },
      reward: member,
      parts: {},
    };
  });
  const values = Float64Array.of(-1, 1);
  const advantages = { values, terms: new Map(), inLoss: Uint8Array.of(1, 1), tokensInLoss, informative: Uint8Array.of(1), metrics: {} };
  const ones = scored.map(({ rollout }) => rollout.logProbs);
  return { batch: formBatch(scored, T), advantages, scored, signals: { oldLogProbs: ones, oldEntropies: ones }, promptTokens: [Uint32Array.of(1)] };
}

describe('tokens left out of the loss', () => {
  it('are in no count and not in the mask', async () => {
    const device = new ReferenceDevice();
    const step = material(Uint8Array.of(1, 0, 1, 0, 0, 0));
    const [rows] = cutMiniBatches(step, 1, Random.seeded(1));
    expect([rows!.tokenCount, rows!.rowCount, rows!.rows.length]).toEqual([2, 1, 2]);
    const table = device.create('f32', [2, T], 'test/table');
    const stats = { logProbs: table, entropies: table, moments: device.create('f32', [2, T, 6], 'test/moments') };
    const batch = new StepTables(device, 2, T, NO_NEEDS).layOut(rows!, step, stats, { refLogProbs: null, hasMoved: false });
    expect([...(await device.read(batch.responseMask))]).toEqual([1, 0, 1, 0, 0, 0]);
    expect([...batch.lengths]).toEqual([2, 0]);
  });
});
