/** Clip-Cov and KL-Cov: covariance, candidates, budget, the tokens chosen, and the loss without or with them. */

import type { Draft } from '../../../src/algorithms/draft.ts';
import { pullPenalty } from '../../../src/algorithms/stages/pull.ts';
import { covarianceTable, largestOf, unclippedBetween, withoutRandomSubset } from '../../../src/algorithms/stages/select.ts';
import { clippedPolicyTerm } from '../../../src/algorithms/stages/surrogate.ts';
import { Random } from '../../../src/base/random.ts';
import type { Device } from '../../../src/gpu/device.ts';
import type { Tensor } from '../../../src/gpu/tensor.ts';
import { scaleRows, UNBOUNDED, UNCLAMPED } from '../../../src/kernels/stages.ts';
import type { CaseView } from './case.ts';
import { filled, miniBatchOf, runLoss, tableOf } from './loss-case.ts';
import { caseWeights } from './weights.ts';

/** What one block of rows gives. */
interface Block {
  readonly loss: number;
  readonly slopeLogp: number[][];
  readonly covariance: number[][];
  readonly candidates: number[][];
  readonly selected: number[][];
  readonly budget: number;
  readonly metrics: Record<string, number>;
}

type Write = (
  draft: Draft,
  view: CaseView,
) => {
  readonly covariance: Tensor;
  readonly candidates: Tensor;
  readonly selected: Tensor;
  /** `selected` holds 0 at the selected tokens. */
  readonly isKept?: boolean;
  readonly metric: (rows: { droppedShare: number; kl: number; klAbs: number }) => Record<string, number>;
};

function budgetOf(view: CaseView, tokens: number): number {
  view.ignore('percent');
  return Math.max(Math.floor(view.number('ratio', 0) * tokens), view.number('minCount', 1));
}

/** Runs `write` on the whole case, or on each of its blocks where the case is about a micro-batch's scope. */
function overBlocks(write: Write) {
  return async (view: CaseView, device: Device): Promise<Record<string, unknown>> => {
    const weights = caseWeights(view);
    const all = Array.from({ length: view.B }, (_, i) => i);
    const blocks = view.text('scope', 'mini') === 'micro' ? (view.option('microRows') as number[][]) : [all];
    const results: Block[] = [];
    for (const rows of blocks) results.push(await runBlock(view, device, rows, weights, write));
    const stitch = (pick: (block: Block) => number[][]): number[][] => {
      const table: number[][] = [];
      blocks.forEach((rows, index) => pick(results[index]!).forEach((row, i) => (table[rows[i]!] = row)));
      return table;
    };
    return {
      loss: results.reduce((sum, { loss }) => sum + loss, 0),
      slopeLogp: stitch(({ slopeLogp }) => slopeLogp),
      covariance: stitch(({ covariance }) => covariance),
      candidates: stitch(({ candidates }) => candidates),
      selected: stitch(({ selected }) => selected),
      budget: results[0]!.budget,
      budgets: results.map(({ budget }) => budget),
      metrics: results[0]!.metrics,
    };
  };
}

async function runBlock(view: CaseView, device: Device, only: readonly number[], weights: Float64Array, write: Write): Promise<Block> {
  const batch = miniBatchOf(view, device, only);
  const budget = budgetOf(view, batch.tokenCount);
  const rows = {
    advantage: batch.advantages,
    low: filled(batch.B, 1 - view.number('clipLow', UNBOUNDED)),
    high: filled(batch.B, 1 + view.number('clipHigh', UNBOUNDED)),
    policy: Float64Array.from(only, (row) => weights[row]!),
    count: filled(batch.B, budget),
    rowId: batch.rowIds,
  };
  let tables: ReturnType<Write> | undefined;
  const { loss, slopeLogp, metrics } = await runLoss(batch, rows, (draft) => {
    tables = write(draft, view);
  });
  const { covariance, candidates, selected, isKept, metric } = tables!;
  const host = async (tensor: Tensor): Promise<number[][]> => tableOf(await device.read(tensor), batch.T);
  const drops = (await host(selected)).map((row) => row.map((one) => (isKept ? 1 - one : one)));
  const dropped = drops.flat().reduce((sum, one) => sum + one, 0);
  return {
    loss,
    slopeLogp,
    covariance: await host(covariance),
    candidates: await host(candidates),
    selected: drops,
    budget,
    metrics: metric({ droppedShare: dropped / (batch.tokenCount + 1e-8), kl: metrics['ppo_kl']!, klAbs: metrics['ppo_kl_abs']! }),
  };
}

const clipCov = overBlocks((draft, view) => {
  const covariance = covarianceTable(draft);
  const { candidates } = unclippedBetween(draft, covariance, { low: view.number('lb', 1), high: view.number('ub', 5), clampLogRatio: UNCLAMPED });
  const isApplied = view.text('selection', 'applied') === 'applied';
  const kept = withoutRandomSubset(draft, candidates, 'count', Random.seeded(1));
  if (isApplied) draft.weigh(kept);
  const policy = clippedPolicyTerm(draft, { ratio: 'token', clampLogRatio: null, dual: null });
  scaleRows(draft.device, draft.byLogProb, draft.row('policy'));
  draft.addPolicyLoss(policy.value);
  return {
    covariance,
    candidates,
    selected: kept,
    isKept: true,
    metric: ({ droppedShare, kl }) => ({ 'actor/pg_clipfrac': droppedShare, 'actor/ppo_kl': kl }),
  };
});

const klCov = overBlocks((draft, view) => {
  const covariance = covarianceTable(draft, view.text('covLogp', 'current') === 'old' ? draft.batch.oldLogProbs : draft.batch.policyLogProbs);
  const selected = largestOf(draft, covariance, 'count');
  const policy = clippedPolicyTerm(draft, { ratio: 'token', clampLogRatio: null, dual: null });
  draft.addPolicyLoss(policy.value);
  pullPenalty(draft, selected, view.number('coef', 1));
  scaleRows(draft.device, draft.byLogProb, draft.row('policy'));
  return { covariance, candidates: selected, selected, metric: ({ klAbs }) => ({ 'actor/ppo_kl': klAbs }) };
});

export const covarianceFamily = { 'clip-cov': clipCov, 'kl-cov': klCov };
