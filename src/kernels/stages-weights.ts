/** Surrogates that replace the clip: held, fading or whole-completion weights on the policy gradient. */

import { defineSurrogate, HIGH, LOW, LOWER, type SurrogateToken } from './stages-surrogate.ts';

const LOG_FLOOR = Math.log(1e-8);

function clamp(x: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, x));
}

/** GMPO: L = −A · e^{mean of x}, x the log-ratios of a row's tokens, each held on the side its advantage pushes to. Bounds are of x. */
export const geometricSurrogate = defineSurrogate<Record<never, never>>({
  name: 'geometric-surrogate',
  readsWeights: true,
  rowTerm: (token) => (token.advantage === 0 ? 0 : heldLogRatio(token)) + Math.log(Math.max(token.weight, 1e-30)),
  token(token, row) {
    const mean = row.advantage / row.count;
    const ratio = Math.exp(row.term / row.count);
    const isHeld = heldLogRatio(token) !== token.logRatio;
    const isOutside = token.advantage !== 0 && (token.logRatio < token.low || token.logRatio > token.high);
    const clipped = isOutside ? (token.advantage < 0 ? LOW : HIGH) : 0;
    return { value: -mean * ratio, slope: isHeld ? 0 : -mean * ratio, clipped, extra: ratio };
  },
});

function heldLogRatio({ advantage, logRatio, low, high }: SurrogateToken): number {
  return advantage > 0 ? Math.min(logRatio, high) : Math.max(logRatio, low);
}

/** CISPO: L = −sg[clip(r, low, high)] · A · logProb. Extra counts tokens whose ratio is held. */
export const cappedWeightSurrogate = defineSurrogate<Record<never, never>>({
  name: 'capped-weight-surrogate',
  token({ advantage, ratio, logProb, low, high }) {
    const weight = clamp(ratio, low, high);
    const clipped = ratio > high && advantage > 0 ? HIGH : ratio < low && advantage < 0 ? LOW : 0;
    return { value: -weight * advantage * logProb, slope: -weight * advantage, clipped, extra: weight === ratio ? 0 : 1 };
  },
});

/** SAPO: L = −A · (4 / τ) · σ(τ (r − 1)), with τ by the sign of A. */
export const softGateSurrogate = defineSurrogate<{ readonly tauPositive: number; readonly tauNegative: number }>({
  name: 'soft-gate-surrogate',
  token({ advantage, ratio, moves }, _, { tauPositive, tauNegative }) {
    const tau = advantage > 0 ? tauPositive : tauNegative;
    const s = 1 / (1 + Math.exp(-tau * (ratio - 1)));
    return { value: (-advantage * 4 * s) / tau, slope: -advantage * ratio * 4 * s * (1 - s) * moves, clipped: 0 };
  },
});

/** REINFORCE with a pull to the old policy: L = −(A · logProb − ½ pull · Δ²); DRO where pull > 0. */
export const logProbSurrogate = defineSurrogate<{ readonly pull: number }>({
  name: 'log-prob-surrogate',
  token: ({ advantage, logProb, rawLogRatio }, _, { pull }) => ({
    value: 0.5 * pull * rawLogRatio ** 2 - advantage * logProb,
    slope: pull * rawLogRatio - advantage,
    clipped: 0,
  }),
});

/** DPPO: L = −A · sg[min(r, cap)] · logProb, 0 where the token has already moved too far the way it is pushed. */
export const divergenceSurrogate = defineSurrogate<{ readonly binaryKl: number; readonly cap: number }>({
  name: 'divergence-surrogate',
  token({ advantage, logProb, rawLogRatio, ratio, low, high }, _, { binaryKl, cap }) {
    const p = Math.exp(logProb);
    const q = Math.exp(logProb - rawLogRatio);
    const rise = binaryKl ? Math.sign(p - q) * coinKl(q, p) : p - q;
    const tooFar = advantage > 0 ? rise > high : -rise > low;
    if (tooFar) return { value: 0, slope: 0, clipped: advantage > 0 ? HIGH : LOW };
    const slope = -advantage * Math.min(ratio, cap);
    return { value: slope * logProb, slope, clipped: ratio > cap ? LOWER : 0 };
  },
});

/** KL between a coin that was q and one that is p; 0 where rounding has made p more than 1. */
function coinKl(q: number, p: number): number {
  if (p > 1) return 0;
  return q * Math.log(q / p) + (1 - q) * Math.log((1 - q + 1e-8) / (1 - p + 1e-8));
}

/** VESPO: L = −sg[φ(w)] · A · logProb, w the ratio of the whole completion, φ = e^{λ(1 − w)} · w^k. Extra is φ. */
export const gammaWeightSurrogate = defineSurrogate<{
  readonly kPositive: number;
  readonly lambdaPositive: number;
  readonly kNegative: number;
  readonly lambdaNegative: number;
}>({
  name: 'gamma-weight-surrogate',
  readsWeights: true,
  rowTerm: ({ logRatio, weight }) => logRatio + clamp(Math.log(Math.max(weight, 1e-30)), LOG_FLOOR, 20),
  token({ advantage, logProb }, { term }, { kPositive, lambdaPositive, kNegative, lambdaNegative }) {
    const logW = clamp(term, LOG_FLOOR, 20);
    const [k, lambda] = advantage >= 0 ? [kPositive, lambdaPositive] : [kNegative, lambdaNegative];
    const phi = Math.exp(lambda + k * logW - lambda * Math.exp(logW));
    return { value: -phi * advantage * logProb, slope: -phi * advantage, clipped: 0, extra: phi };
  },
});

export const kernels = [geometricSurrogate, cappedWeightSurrogate, softGateSurrogate, logProbSurrogate, divergenceSurrogate, gammaWeightSurrogate];
