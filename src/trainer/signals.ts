/** What the policy said about the rollouts when they were sampled: old log-probs, and what an algorithm asks for besides. */

import type { PaddedTables, TokenTables } from '../algorithms/algorithm.ts';
import type { Random } from '../base/random.ts';
import type { ScoredRollout } from '../engines/scorer.ts';
import { MOMENTS } from '../kernels/token-stats.ts';
import type { PackedGroup } from '../model/packing.ts';
import { isUnfiltered } from '../rollout/rollout.ts';
import type { PerToken, RolloutSignals } from './rollout-signals.ts';
import type { StepSettings, TrainingRun } from './training-run.ts';

interface Pass {
  readonly logProbs: PerToken;
  readonly entropies: PerToken;
  readonly sumP2: PerToken;
  readonly refLogProbs?: PerToken;
}

/** Whether old log-probs are the sampler's though it drew from another distribution than the policy's: filtered, or penalised. */
export function isOffSampler({ oldLogProbs, sampling }: StepSettings): boolean {
  return oldLogProbs === 'sampler' && !isUnfiltered(sampling);
}

/** Takes the sampler's own numbers where they are the policy's, and a pass of the trainer otherwise. */
export async function rolloutSignals(
  run: TrainingRun,
  scored: readonly ScoredRollout[],
  promptTokens: readonly Uint32Array[],
  random: Random,
): Promise<RolloutSignals> {
  const { needs } = run.algorithm;
  const fromSampler = run.settings.oldLogProbs === 'sampler' && !(needs.tables && (needs.reference || needs.moments));
  const sampled = scored.map(({ rollout }) => rollout.logProbs);
  const pass: Pass = fromSampler
    ? { logProbs: sampled, entropies: scored.map(({ rollout }) => rollout.entropies), sumP2: [] }
    : { ...(await trainerPass(run, scored, promptTokens)), ...(isOffSampler(run.settings) && { logProbs: sampled }) };
  const signals = { oldLogProbs: pass.logProbs, oldEntropies: pass.entropies };
  if (!needs.tables) return signals;
  const tables = { ...hostTables(run, scored, pass), ...(needs.prompts && { prompts: scored.map(({ rollout }) => promptTokens[rollout.prompt]!) }) };
  const T = run.settings.sampling.maxTokens;
  const dropout = needs.dropoutPasses > 0 ? await dropoutTables(run, scored, promptTokens, random, T) : {};
  return { ...signals, tables: { ...tables, ...dropout, ...(needs.padded && { padded: await paddedTables(run, scored, promptTokens, random) }) } };
}

/** The trainer's forward pass over all rollouts, a mini-batch's worth of groups at a time. */
async function trainerPass(
  run: TrainingRun,
  scored: readonly ScoredRollout[],
  promptTokens: readonly Uint32Array[],
  { T = run.settings.sampling.maxTokens, usesReference = run.algorithm.usesReference } = {},
): Promise<Pass> {
  const { learner, settings } = run;
  const { temperature, n } = settings.sampling;
  const chunkRows = settings.updatePrompts * n;
  const result = { logProbs: [] as Float32Array[], entropies: [] as Float32Array[], sumP2: [] as Float32Array[], refLogProbs: [] as Float32Array[] };
  for (let start = 0; start < scored.length; start += chunkRows) {
    const chunk = scored.slice(start, start + chunkRows);
    const groups = packRows(chunk, promptTokens, T);
    const reference = usesReference ? learner.device.read(learner.referenceLogProbs(groups, chunk.length, T, temperature)) : null;
    const stats = learner.policyStats(groups, chunk.length, T, temperature);
    const [logProbs, entropies, moments, refLogProbs] = await Promise.all([
      learner.device.read(stats.logProbs),
      learner.device.read(stats.entropies),
      learner.device.read(stats.moments),
      reference,
    ]);
    const width = MOMENTS.length;
    const sumP2 = MOMENTS.indexOf('sumP2');
    chunk.forEach(({ rollout }, row) => {
      const span = [row * T, row * T + rollout.tokens.length] as const;
      result.logProbs.push(Float32Array.from(logProbs.subarray(...span)));
      result.entropies.push(Float32Array.from(entropies.subarray(...span)));
      result.sumP2.push(Float32Array.from(rollout.tokens, (_, t) => moments[(row * T + t) * width + sumP2]!));
      if (refLogProbs) result.refLogProbs.push(Float32Array.from(refLogProbs.subarray(...span)));
    });
  }
  return result;
}

/** The passes with dropout, a mini-batch's worth of groups at a time, as tables [rows, T] of the whole batch. */
async function dropoutTables(
  run: TrainingRun,
  scored: readonly ScoredRollout[],
  promptTokens: readonly Uint32Array[],
  random: Random,
  T: number,
): Promise<Pick<TokenTables, 'entropyOfMean' | 'meanOfEntropies'>> {
  const { learner, settings } = run;
  const { dropoutPasses: passes, dropout: rate } = run.algorithm.needs;
  const chunkRows = settings.updatePrompts * settings.sampling.n;
  const entropyOfMean = new Float64Array(scored.length * T);
  const meanOfEntropies = new Float64Array(scored.length * T);
  for (let start = 0; start < scored.length; start += chunkRows) {
    const chunk = scored.slice(start, start + chunkRows);
    const said = await learner.uncertainty(packRows(chunk, promptTokens, T, start), chunk.length, T, { passes, rate }, random);
    entropyOfMean.set(said.entropyOfMean, start * T);
    meanOfEntropies.set(said.meanOfEntropies, start * T);
  }
  return { entropyOfMean, meanOfEntropies };
}

/** What the policy says of the rows padded to the longest, and of the token after it. */
async function paddedTables(run: TrainingRun, scored: readonly ScoredRollout[], promptTokens: readonly Uint32Array[], random: Random): Promise<PaddedTables> {
  const { padId, eosIds } = run.learner.model.config;
  const width = 1 + Math.max(...scored.map(({ rollout }) => rollout.tokens.length));
  const pad = padId ?? eosIds[0] ?? 0;
  const padded = scored.map(({ rollout, ...rest }) => {
    const tokens = new Uint32Array(width).fill(pad);
    tokens.set(rollout.tokens);
    return { ...rest, rollout: { ...rollout, tokens } };
  });
  const { entropies } = await trainerPass(run, padded, promptTokens, { T: width, usesReference: false });
  const dropout = run.algorithm.needs.dropoutPasses > 0 ? await dropoutTables(run, padded, promptTokens, random, width) : {};
  return { width, entropies: entropies.flatMap((row) => Array.from(row)), ...dropout };
}

/** Rows as the learner takes them. `first` is the chunk's first row of the rollout batch, by which sequences are named. */
function packRows(chunk: readonly ScoredRollout[], promptTokens: readonly Uint32Array[], T: number, first = 0): PackedGroup[] {
  const groups = new Map<number, { prompt: Uint32Array; id: number; continuations: { targets: Uint32Array; slot: number; id: number }[] }>();
  chunk.forEach(({ rollout }, row) => {
    const group = groups.get(rollout.prompt) ?? { prompt: promptTokens[rollout.prompt]!, id: rollout.prompt, continuations: [] };
    group.continuations.push({ targets: rollout.tokens, slot: row * T, id: first + row });
    groups.set(rollout.prompt, group);
  });
  return [...groups.values()];
}

function hostTables({ settings, thinkEndId }: TrainingRun, scored: readonly ScoredRollout[], pass: Pass): TokenTables {
  const T = settings.sampling.maxTokens;
  const table = (rows: PerToken): Float64Array => {
    const flat = new Float64Array(scored.length * T);
    rows.forEach((row, index) => flat.set(Array.from(row), index * T));
    return flat;
  };
  return {
    T,
    responseMask: table(scored.map(({ rollout }) => new Float64Array(rollout.tokens.length).fill(1))),
    oldLogProbs: table(pass.logProbs),
    oldEntropies: table(pass.entropies),
    rolloutLogProbs: table(scored.map(({ rollout }) => rollout.logProbs)),
    tokens: table(scored.map(({ rollout }) => rollout.tokens)),
    thinkEndId,
    ...(pass.sumP2.length > 0 && { oldSumP2: table(pass.sumP2) }),
    ...(pass.refLogProbs && pass.refLogProbs.length > 0 && { refLogProbs: table(pass.refLogProbs) }),
  };
}
