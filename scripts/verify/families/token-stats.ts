/** Statistics of softmax rows and gradients of their combinations, by the kernels of the LM head. */

import type { Device } from '../../../src/gpu/device.ts';
import { firstOrderEntropyChange } from '../../../src/kernels/entropy-change.ts';
import type { Family } from '../algorithms.ts';
import type { FixtureCase } from '../fixture.ts';
import { HeadPass } from './head-pass.ts';

const MIN_P_SHARES = [0.02, 0.1];
const KEPT_SHARE = 0.7;

export const tokenStats: Family = {
  token_stats: async (one, device) => {
    const pass = passOf(one, device);
    const { logProb: logp, entropy, maxProb: pMax, ...moments } = await pass.statistics();
    const steps = one.inputs.vector('policyWeight').map((weight) => weight * one.inputs.number('stepSize'));
    const top = await pass.top(one.options.number('topK'));
    return {
      ...moments,
      logp,
      entropy,
      pMax,
      selfCertainty: moments.logSumExp.map((logSumExp, i) => logSumExp - moments.meanLogit[i]!),
      topK: top.ids,
      topKLogp: top.logProbs,
      minp: await minP(pass, logp),
      'nucleus0.8': await nucleus(pass, 0.8),
      kept: { count: Math.ceil(KEPT_SHARE * pass.vocabulary), entropy: (await pass.kept(keptRule(pass))).entropy },
      deltaEntropy: steps.map((step, i) =>
        firstOrderEntropyChange({ logProb: logp[i]!, entropy: entropy[i]!, sumP2: moments.sumP2[i]!, sumP2LogP: moments.sumP2LogP[i]! }, step),
      ),
    };
  },

  logit_gradient: async (one, device) => {
    const pass = passOf(one, device);
    const { logProb, entropy } = await pass.statistics();
    const [byLogProb, byEntropy] = [one.inputs.vector('coefLogp'), one.inputs.vector('coefEntropy')];
    const loss = byLogProb.reduce((sum, by, i) => sum + by * logProb[i]! + byEntropy[i]! * entropy[i]!, 0);
    const results = { loss, gradKeptEntropy: await pass.keptGradient(keptRule(pass)) };
    const topSlopes = one.inputs.has('coefTopK') ? await pass.topGradient(one.inputs.table('coefTopK')) : null;
    const gradLogits = await pass.gradient(byLogProb, byEntropy);
    if (!topSlopes) return { ...results, gradLogits };
    return { ...results, gradLogits, gradLogitsTopK: gradLogits.map((row, i) => row.map((slope, v) => slope + topSlopes[i]![v]!)) };
  },

  delta_entropy: async (one, device) => {
    const [logits, target, step] = [
      one.inputs.vector('logits'),
      one.inputs.number('target'),
      one.inputs.number('stepSize') * one.inputs.number('policyWeight'),
    ];
    const { logProb, entropy, sumP2, sumP2LogP, logSumExp } = await new HeadPass(device, [logits], [target], 1).statistics();
    const moved = logits.map((x, v) => x + step * ((v === target ? 1 : 0) - Math.exp(x - logSumExp[0]!)));
    const after = await new HeadPass(device, [moved], [target], 1).statistics();
    const p = Math.exp(logProb[0]!);
    return {
      predicted: firstOrderEntropyChange({ logProb: logProb[0]!, entropy: entropy[0]!, sumP2: sumP2[0]!, sumP2LogP: sumP2LogP[0]! }, step),
      realised: after.entropy[0]! - entropy[0]!,
      proxy: -step * p * (1 - p) * (logProb[0]! + entropy[0]!),
    };
  },
};

function passOf({ inputs, options }: FixtureCase, device: Device): HeadPass {
  return new HeadPass(device, inputs.table('logits'), inputs.vector('target'), options.number('temperature', 1));
}

function keptRule({ vocabulary }: HeadPass): { kind: 'count'; amount: number } {
  return { kind: 'count', amount: Math.ceil(KEPT_SHARE * vocabulary) };
}

async function minP(pass: HeadPass, logp: readonly number[]): Promise<Record<string, object>> {
  const entries = [];
  for (const share of MIN_P_SHARES) {
    const { mass, massLogP, entropy, count, survives } = await pass.kept({ kind: 'min-p', amount: share });
    const keptLogp = logp.map((value, i) => (survives[i] === 1 ? value - Math.log(mass[i]!) : null));
    entries.push([String(share), { mass, massLogP, entropy, count, survives, logp: keptLogp }] as const);
  }
  return Object.fromEntries(entries);
}

async function nucleus(pass: HeadPass, amount: number): Promise<Record<string, number[]>> {
  const whole = await pass.kept({ kind: 'nucleus', amount });
  const exclusive = await pass.kept({ kind: 'nucleus-exclusive', amount });
  return { size: whole.count, entropy: whole.entropy, sizeExclusive: exclusive.count, entropyExclusive: exclusive.entropy };
}
