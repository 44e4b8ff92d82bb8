/**
 * Traps that released code has fallen into, one test or more for each that concerns something built here; a name begins with the trap's number.
 *
 * Elsewhere: T2 and T4 in regime-lint.test.ts. Of what is not built here: T5 HAPO, T6 EPO, T8 Archer, T10 BAPO, T12 ROLL's dual clip.
 */

import { describe, expect, it } from 'vitest';
import { edgeWeights } from '../../src/algorithms/edge.ts';
import { entropyControl } from '../../src/algorithms/entropy-control.ts';
import { createAlgorithm } from '../../src/algorithms/index.ts';
import type { MethodOptions } from '../../src/algorithms/methods.ts';
import type { AlgorithmOptions } from '../../src/algorithms/options.ts';
import { Random } from '../../src/base/random.ts';
import { ReferenceDevice } from '../../src/gpu/reference-device.ts';
import { readRecipe } from '../../src/recipe/read.ts';
import { runTiny, tinyRecipe } from '../trainer/tiny-run.ts';
import { type Fixture, fixture, rolloutBatchOf, trainingBatchOf } from './fixture-batch.ts';

type Options = Partial<AlgorithmOptions> & MethodOptions;

const f6 = fixture('F6');
const enough = ['model.path=m', 'data.train=p', 'reward=[{"use":"x"}]', 'batch.update_prompts=4'];
const algorithmOf = async (...overrides: string[]) => (await readRecipe({ overrides: [...enough, ...overrides] })).recipe.algorithm;

async function say(options: Options, f: Fixture = f6) {
  const device = new ReferenceDevice();
  const algorithm = createAlgorithm(options);
  const update = algorithm.update(trainingBatchOf(device, f, algorithm), Random.seeded(3));
  const [byLogProb, byEntropy] = [await device.read(update.byLogProb), await device.read(update.byEntropy)];
  return { update, byLogProb: Array.from(byLogProb), byEntropy: Array.from(byEntropy), metrics: await update.readMetrics() };
}

/** So many tokens in rows of 16, log-probs and rewards spread out, the policy a little away from its old self. */
function large(tokens: number): Fixture {
  const [B, T] = [tokens / 16, 16];
  const random = Random.seeded(9);
  const table = (value: (b: number, t: number) => number) => Array.from({ length: B }, (_, b) => Array.from({ length: T }, (_1, t) => value(b, t)));
  const logp = table((b, t) => -1 - Math.abs(random.normal(b, t)));
  return {
    ...f6,
    B,
    T,
    mask: table(() => 1),
    group: Array.from({ length: B }, (_, b) => Math.floor(b / 5)),
    reward: Array.from({ length: B }, (_, b) => random.normal(b, 77)),
    advantage: new Array<number>(B).fill(0),
    logp,
    oldLogp: logp.map((row) => row.map((value) => value - 0.05)),
    refLogp: logp,
    samplerLogp: logp,
    entropy: table(() => 1),
    oldEntropy: table(() => 1),
    truncated: new Array<number>(B).fill(0),
    chairI: new Array<number>(B).fill(0),
    answerKey: new Array<null>(B).fill(null),
    tokens: table(() => 1),
  };
}

const klCov = { coef: 1, minCount: 1, logProb: 'current' } as const;
const plain = { surrogate: 'plain', clipDual: null } as const;

describe('T1: shares are fractions', () => {
  it('T1: KL-Cov’s published 0.002 (verl) selects 0.2 % of the tokens, which the release writes as k_percent 0.2', async () => {
    const f = large(4000);
    const pulledBy = async (share: number) => (await say({ ...plain, klCov: { ...klCov, share } }, f)).metrics['select/pulled_share'];
    expect(await pulledBy(0.002)).toBeCloseTo(8 / 4000, 12);
    // SkyRL's default, taken as it stands, is a hundred times as many.
    expect(await pulledBy(0.2)).toBeCloseTo(800 / 4000, 12);
  });

  it('T1: presets carry fractions, and a percentage is refused with its range', async () => {
    expect((await algorithmOf('algorithm.name=kl_cov')).klCov?.share).toBe(0.002);
    expect((await algorithmOf('algorithm.name=kl_cov_32b')).klCov?.share).toBe(2e-4);
    expect((await algorithmOf('algorithm.name=clip_cov')).clipCov?.share).toBe(2e-4);
    for (const key of ['kl_cov', 'clip_cov', 'high_entropy']) {
      await expect(algorithmOf(`algorithm.${key}={"share":20}`)).rejects.toThrow(new RegExp(`algorithm\\.${key}\\.share: expected .*1.*, got 20`));
    }
  });
});

describe('T3: selections are made over the mini-batch', () => {
  const selectors: readonly (readonly [name: string, ...overrides: string[]])[] = [
    ['Clip-Cov', 'algorithm.clip_dual=null', 'algorithm.clip_cov={"share":0.1,"low":0,"high":50}'],
    ['KL-Cov', 'algorithm.surrogate=plain', 'algorithm.clip_dual=null', 'algorithm.kl_cov={"share":0.1}'],
    ['80/20', 'algorithm.high_entropy={"share":0.2}'],
    ['SIREN', 'algorithm.siren={"coef":0.05,"quantile":0.5}'],
    ['ERC', 'algorithm.erc={"low":0.999,"high":1.001}'],
  ];
  it.each(selectors)('T3: %s gives the same updates for any micro-batch size', async (_, ...overrides) => {
    const rowsFor = async (microTokens: number) => {
      const { rows, error } = await runTiny(
        new ReferenceDevice(),
        await tinyRecipe('steps=2', 'optim={"lr":0.02,"warmup_steps":0}', `batch={"prompts":4,"update_prompts":2,"micro_tokens":${microTokens}}`, ...overrides),
      );
      expect(error).toBeUndefined();
      return rows;
    };
    const [small, whole] = [await rowsFor(16), await rowsFor(4096)];
    for (const [i, row] of whole.entries()) {
      for (const [name, value] of Object.entries(row)) {
        if (typeof value !== 'number' || /^(timing_s|perf)\//.test(name)) continue;
        expect(small[i]![name], `step ${row.step}, ${name}`).toBeCloseTo(value, 7);
      }
    }
    expect(whole.some((row) => Object.entries(row).some(([name, value]) => /^select\/|^peak/.test(name) && Number(value) > 0))).toBe(true);
  });
});

describe('T7: EDGE-GRPO', () => {
  it('T7: its mean entropy leaves padding out, and it moves no entropy', async () => {
    const edge = { weight: 'ratio', weightMin: 0.5, weightMax: 2, beta: 1, zClip: 3, eps: 1e-6 } as const;
    const clean = await say({ edge });
    const noisy = { ...f6, oldEntropy: f6.oldEntropy.map((row, b) => row.map((value, t) => (f6.mask[b]![t] === 0 ? 7.5 : value))) };
    expect((await say({ edge }, noisy)).byLogProb).toEqual(clean.byLogProb);
    expect(clean.byLogProb).not.toEqual((await say({})).byLogProb);
    expect(clean.update.movesEntropy).toBe(false);
    expect(clean.byEntropy.every((slope) => slope === 0)).toBe(true);
    // Were the padding counted, weights would differ: rows of 1 nat, one of them padded with as many zeros.
    const counted = edgeWeights(Float64Array.of(1, 0.5), [4, 4], [{ prompt: 0, rows: [0, 1] }], edge).weights;
    expect(counted[0]).not.toBeCloseTo(counted[1]!, 3);
  });
});

describe('T9: the cap of CISPO', () => {
  it('T9: as TRL writes it and as verl writes it, it is one bound; the lower one is stated', async () => {
    const far = { ...f6, oldLogp: f6.logp.map((row, b) => row.map((value, t) => value - ((b + t) % 5) + 1)) };
    const trl = { cap: 5, floor: 0 } as const;
    const absolute = await say({ cispo: trl }, far);
    expect((await say({ cispo: { ...trl, cap: 1, clipHigh: 4 } }, far)).byLogProb).toEqual(absolute.byLogProb);
    expect((await say({ cispo: { ...trl, cap: 4 } }, far)).byLogProb).not.toEqual(absolute.byLogProb);
    // A clip_low below 1 leaves a lower bound in force, where TRL has none.
    expect((await say({ cispo: { ...trl, clipLow: 0.2 } }, far)).byLogProb).not.toEqual(absolute.byLogProb);
    expect((await algorithmOf('algorithm.name=cispo')).cispo).toMatchObject({ cap: 5, floor: 0 });
  });
});

describe('T11: CE-GPPO', () => {
  it('T11: the gain below the clip is the README’s 0.75 where it is not written', async () => {
    expect((await algorithmOf('algorithm.ce_gppo={}')).ceGppo).toMatchObject({ lowGain: 0.75, highGain: 1 });
  });
});

describe('T12: bounds of negative advantages', () => {
  it('T12: the dual clip is the factor itself, and one that ROLL’s formula would make of ε is not taken for it', async () => {
    expect((await algorithmOf('algorithm.clip_dual=3')).clipDual).toBe(3);
    await expect(algorithmOf('algorithm.dual_clip_loss=true')).rejects.toThrow('algorithm.dual_clip_loss');
    await expect(algorithmOf('algorithm.clip_dual=0.4')).rejects.toThrow(/algorithm\.clip_dual: expected .*> 1.*, got 0\.4/);
  });
});

describe('T13: targets of entropy', () => {
  it('T13: a setpoint can be relative to the entropy measured first, and goes on from a checkpoint', () => {
    const options = {
      setpoint: 0.5,
      relative: true,
      law: 'pi',
      actuator: 'entropy_coef',
      start: 0,
      proportional: 1,
      integral: 0,
      step: 0,
      width: 0,
      min: 0,
      max: 9,
    } as const;
    const control = entropyControl(options);
    expect(control.endStep!({ entropy: 1.6 })).toMatchObject({ 'entropy_control/setpoint': 0.8 });
    expect(control.endStep!({ entropy: 0.7 })).toMatchObject({ 'entropy_control/setpoint': 0.8 });
    expect(control.entropyCoef!()).toBeCloseTo(0.1, 12);
    const again = entropyControl(options);
    again.restore!(control.state!());
    expect(again.endStep!({ entropy: 0.2 })).toMatchObject({ 'entropy_control/setpoint': 0.8 });
    expect(entropyControl({ ...options, relative: false }).endStep!({ entropy: 1.6 })).toMatchObject({ 'entropy_control/setpoint': 0.5 });
  });

  it('T13: an absolute target far from the measured entropy is remarked on once it is known, a near or relative one is not', async () => {
    const warned = async (control: object) => {
      const { warnings, rows } = await runTiny(new ReferenceDevice(), await tinyRecipe('steps=2', `algorithm.entropy_control=${JSON.stringify(control)}`));
      expect(rows[0]!['entropy']).toBeGreaterThan(1);
      return warnings.filter((text) => text.includes('the entropy that the policy begins with'));
    };
    expect(await warned({ setpoint: 0.2 })).toEqual([expect.stringMatching(/^algorithm\.entropy_control\.setpoint: is more than 3 times/)]);
    expect(await warned({ setpoint: 2 })).toEqual([]);
    expect(await warned({ setpoint: 0.2, relative: true })).toEqual([]);
  });

  it('T13: the signal is the exact entropy, or the surprisal where that form is asked for, and a metric of its own', async () => {
    const target = { target: 0.2, step: 0.005, min: 0, max: 1, start: 0 } as const;
    expect(createAlgorithm({ entropyTarget: target }).needs.tables).toBe(false);
    const skywork = createAlgorithm({ entropyTarget: { ...target, form: 'skywork' } });
    expect(skywork.needs.tables).toBe(true);
    const { metrics } = skywork.advantages(rolloutBatchOf(f6));
    expect(metrics['entropy_target/surprisal']).toBeGreaterThan(0);
  });
});

describe('T14: the denominator of 80/20', () => {
  it('T14: is all tokens; that of the kept ones is a named option, and 1/share the step', async () => {
    const f = large(400);
    const spread = { ...f, entropy: f.entropy.map((row, b) => row.map((_, t) => 0.01 * (((b * 16 + t) * 7) % 401))) };
    const all = await say({ highEntropy: { share: 0.2 } }, spread);
    const kept = await say({ highEntropy: { share: 0.2, denominator: 'kept' } }, spread);
    const base = await say({}, spread);
    const moved = all.byLogProb.flatMap((slope, at) => (slope !== 0 ? [at] : []));
    expect(moved.length).toBe(80);
    for (const at of moved) {
      expect(all.byLogProb[at]).toBeCloseTo(base.byLogProb[at]!, 12);
      expect(kept.byLogProb[at]! / all.byLogProb[at]!).toBeCloseTo(5, 9);
    }
    expect((await algorithmOf('algorithm.high_entropy={}')).highEntropy).toMatchObject({ share: 0.2, denominator: 'all' });
  });
});

describe('T15: terms of entropy have a gradient', () => {
  const control = {
    setpoint: 3,
    law: 'pi',
    actuator: 'entropy_coef',
    start: 0.05,
    proportional: 1,
    integral: 0.05,
    step: 0.005,
    width: 0.05,
    min: -0.2,
    max: 0.2,
  } as const;
  const terms: readonly (readonly [string, Options, sign: 1 | -1 | 0])[] = [
    ['the bonus', { entropyCoef: 0.01 }, -1],
    ['a negative bonus', { entropyCoef: -0.01 }, 1],
    ['the adaptive bonus', { entropyTarget: { target: 9, step: 0.005, min: 0, max: 1, start: 0.01 } }, -1],
    ['the controller', { entropyControl: control }, -1],
    ['SIREN', { siren: { coef: 0.05, quantile: 0.5, anchor: 0.9 } }, 0],
  ];
  it.each(terms)('T15: %s moves the logits', async (_, options, sign) => {
    const { byEntropy, update } = await say(options);
    expect(update.movesEntropy).toBe(true);
    const slopes = byEntropy.filter((slope) => slope !== 0);
    expect(slopes.length).toBeGreaterThan(0);
    if (sign !== 0) expect(slopes.every((slope) => Math.sign(slope) === sign)).toBe(true);
    // ∂loss/∂z = −byEntropy · p (ln p + H): not zero for a distribution that is not uniform.
    const [p, H] = [[0.7, 0.2, 0.1], -(0.7 * Math.log(0.7) + 0.2 * Math.log(0.2) + 0.1 * Math.log(0.1))];
    expect(p.every((value) => Math.abs(slopes[0]! * value * (Math.log(value) + H)) > 0)).toBe(true);
  });

  it('T15: a bonus raises the entropy of a policy that is trained with it', async () => {
    const last = async (coefficient: number) => {
      const recipe = await tinyRecipe('steps=8', 'optim={"lr":0.02,"warmup_steps":0}', `algorithm.entropy_coef=${coefficient}`);
      return Number((await runTiny(new ReferenceDevice(), recipe)).rows.at(-1)!['entropy']);
    };
    const [without, bonus, malus] = [await last(0), await last(0.3), await last(-0.3)];
    expect(bonus).toBeGreaterThan(without + 0.05);
    expect(malus).toBeLessThan(without - 0.05);
  });
});
