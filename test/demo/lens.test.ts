import { describe, expect, it } from 'vitest';
import { TOKEN_FLAGS } from '../../demo/data/frame.ts';
import { BASE_OPTIONS } from '../../demo/lens/base-weights.ts';
import { evaluateExpression, parseExpression } from '../../demo/lens/expression.ts';
import { readLens, readOwnWeight } from '../../demo/lens/lens.ts';
import { LARGEST_WEIGHT } from '../../demo/lens/own-weight.ts';
import { VARIANTS } from '../../demo/lens/variants.ts';
import { createAlgorithm, GRPO_OPTIONS, readRecipe } from '../../src/index.ts';
import { drawnBatch } from './token-batches.ts';

const batch = drawnBatch();
const { columns } = batch;
const reading = await readLens(batch);
const rowNamed = (key: string) => reading.rows.find(({ variant }) => variant.key === key)!;

function own(text: string) {
  const result = parseExpression(text);
  if (!result.ok) throw new Error(result.message);
  return { label: 'own', expression: result.expression };
}

describe('the lens', () => {
  it('shows every variant, or says why not', () => {
    expect(reading.rows.map(({ variant }) => variant.key)).toContain('clip_cov');
    expect([...reading.rows, ...reading.left].map(({ variant }) => variant.key).toSorted()).toEqual(VARIANTS.map(({ key }) => key).toSorted());
    expect(reading.left.every(({ why }) => why.endsWith('.'))).toBe(true);
    for (const { weight } of reading.rows) expect(weight.every(Number.isFinite)).toBe(true);
  });

  it('gives GRPO its weight: advantage times ratio, 0 where the clip stops it', () => {
    const { weight, flags } = rowNamed('grpo');
    let clipped = 0;
    weight.forEach((value, at) => {
      const [ratio, advantage] = [Math.exp(columns.logProb[at]! - columns.oldLogProb[at]!), columns.advantage[at]!];
      const isStopped = advantage > 0 ? ratio > 1.2 : advantage < 0 && ratio < 0.8;
      expect(value).toBeCloseTo(isStopped ? 0 : advantage * ratio, 4);
      expect((flags[at]! & TOKEN_FLAGS.clipped) !== 0).toBe(isStopped);
      if (isStopped) clipped++;
    });
    expect(clipped).toBeGreaterThan(5);
    expect(flags.some((flag) => (flag & TOKEN_FLAGS.selected) !== 0)).toBe(false);
  });

  it('shows what Clip-Cov drops and KL-Cov pulls: tokens of the band, and of the tail', () => {
    const chosen = (key: string) => Array.from(rowNamed(key).flags).flatMap((flag, at) => (flag & TOKEN_FLAGS.selected ? [at] : []));
    const dropped = chosen('clip_cov');
    expect(dropped.length).toBeGreaterThan(0);
    expect(dropped.length).toBeLessThanOrEqual(Math.floor(0.02 * batch.tokenCount));
    for (const at of dropped) {
      expect(rowNamed('clip_cov').weight[at]).toBe(0);
      expect(columns.covariance[at]).toBeGreaterThan(1.03);
    }
    const { threshold } = reading.covariance.klCov;
    const isInTail = (at: number): boolean => columns.covariance[at]! >= Math.fround(threshold) - 1e-5;
    const isStopped = (at: number): boolean => (rowNamed('grpo').flags[at]! & TOKEN_FLAGS.clipped) !== 0;
    const pulled = chosen('kl_cov');
    expect(pulled.filter(isInTail)).toHaveLength(Math.floor(0.1 * batch.tokenCount));
    // It clips no ratio: the others whose weight differs from GRPO's are those that GRPO stops.
    for (const at of pulled) expect(isInTail(at) || isStopped(at)).toBe(true);
  });

  it('counts every token once in the histogram, and sums the ledger up', () => {
    const { edges, counts } = reading.covariance;
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(columns.logProb.length);
    expect(edges).toHaveLength(counts.length + 1);
    for (const { ledger, predictedChange } of reading.rows) {
      expect(ledger.total).toBeCloseTo(predictedChange.reduce((sum, value) => sum + value, 0) / batch.tokenCount, 5);
    }
  });

  it('divides the tokens among the four parts, each counted once', () => {
    const { total, ...parts } = reading.shares;
    expect(total).toBeCloseTo(1, 6);
    const isGoodAndLikely = (at: number): boolean => columns.advantage[at]! > 0 && columns.logProb[at]! > batch.meanLogProb;
    expect(parts.goodLikely).toBeCloseTo([...columns.logProb.keys()].filter(isGoodAndLikely).length / batch.tokenCount, 6);
    expect(Object.values(parts).every((share) => share > 0)).toBe(true);
  });

  it('holds what the step did against what the run’s own weights predicted, where it was measured', async () => {
    const { predictedChange } = rowNamed('grpo');
    const measuredAs = async (realisedChange: Float32Array) =>
      (await readLens({ ...batch, columns: { ...columns, predictedChange, realisedChange } })).realised;
    const twice = await measuredAs(predictedChange.map((change) => 2 * change + 0.25));
    expect(twice!.correlation).toBeCloseTo(1, 6);
    expect(twice!.ledger.total).toBeCloseTo(0.25 + (2 * predictedChange.reduce((sum, value) => sum + value, 0)) / batch.tokenCount, 5);
    expect((await measuredAs(predictedChange.map((change) => -change)))!.correlation).toBeCloseTo(-1, 6);
    expect((await measuredAs(predictedChange.map(() => 0.5)))!.correlation).toBe(0);
    expect(await measuredAs(predictedChange.map(() => Number.NaN))).toBeNull();
  });

  it('pushes entropy only where a variant has an entropy term', () => {
    const pushes = (key: string): boolean => rowNamed(key).entropyWeight.some((value) => value !== 0);
    expect(pushes('grpo')).toBe(false);
    expect(rowNamed('entropy_bonus').entropyWeight.every((value) => Math.abs(value - 0.03) < 1e-6)).toBe(true);
    expect(pushes('siren')).toBe(true);
  });

  it('refuses a batch with rows missing', async () => {
    await expect(readLens({ ...batch, isWhole: false })).rejects.toThrow('batch of step 7: expected a whole mini-batch');
  });

  it('answers for 512 tokens and all variants within 100 ms', async () => {
    const larger = drawnBatch(8, 9);
    expect(larger.tokenCount).toBeGreaterThan(512);
    // Of the processor: the clock on the wall would measure what else the machine does.
    const times: number[] = [];
    for (let round = 0; round < 12; round++) {
      const before = process.cpuUsage();
      await readLens(larger, own('advantage * (1 - prob)'));
      const { user, system } = process.cpuUsage(before);
      times.push((user + system) / 1000);
    }
    console.log(
      `lens: ${larger.tokenCount} tokens, ${reading.rows.length + 1} rows: ${Math.min(...times).toFixed(0)} ms (${times.map((time) => time.toFixed(0)).join(', ')})`,
    );
    expect(Math.min(...times)).toBeLessThan(100);
  });
});

describe('a weight of one’s own in the lens', () => {
  it('is the expression, token by token', async () => {
    for (const text of [
      'advantage * (1 - prob)',
      'cov / (entropy + 0.1) - reward',
      'where(ratio - 1.1, 0, clamp(advantage * exp(logProb - oldLogProb), -1, 1))',
      '3',
      'min(abs(log(prob)), max(entropy, 1))',
    ]) {
      const mine = own(text);
      const { weight } = await readOwnWeight(batch, mine);
      batch.rows.forEach(({ start, ids, reward }) => {
        for (let at = start; at < start + ids.length; at++) {
          const [logProb, oldLogProb] = [columns.logProb[at]!, columns.oldLogProb[at]!];
          const expected = evaluateExpression(mine.expression, {
            logProb,
            oldLogProb,
            ratio: Math.exp(logProb - oldLogProb),
            advantage: columns.advantage[at]!,
            entropy: columns.entropy[at]!,
            cov: columns.covariance[at]!,
            prob: Math.exp(logProb),
            reward,
          });
          expect(weight[at]).toBeCloseTo(expected, 4);
        }
      });
    }
  });

  it('is GRPO’s without a clip when it is advantage times ratio', async () => {
    const { weight } = await readOwnWeight(batch, own('advantage * ratio'));
    rowNamed('grpo').weight.forEach((value, at) => {
      if (value !== 0) expect(weight[at]).toBeCloseTo(value, 4);
    });
  });

  it('is held within bounds', async () => {
    const { weight } = await readOwnWeight(batch, own('exp(50) * advantage'));
    expect(Math.max(...weight)).toBeCloseTo(LARGEST_WEIGHT, 4);
  });
});

describe('the variants', () => {
  it('have options that are what their overrides set', async () => {
    const stated = [
      'model.path=models/make-the-number',
      'data.task=make_the_number',
      'reward=[{use: make_the_number}]',
      'rollout.max_tokens=14',
      'algorithm.clip_dual=null',
    ];
    for (const { key, overrides, options } of VARIANTS) {
      const { recipe } = await readRecipe({ overrides: [...stated, ...overrides] });
      const said: Record<string, unknown> = { ...recipe.algorithm };
      const expected: Record<string, unknown> = { ...GRPO_OPTIONS, ...BASE_OPTIONS, ...options };
      for (const name of Object.keys(options)) expect([key, name, said[name]]).toEqual([key, name, expected[name]]);
      expect(() => createAlgorithm({ ...BASE_OPTIONS, ...options })).not.toThrow();
    }
  });
});
