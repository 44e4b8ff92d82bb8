/**
 * A weight that somebody wrote, as an algorithm that can be trained:
 *
 *   loss = −mean over tokens of weight · logProb, the weight held still:  ∂loss/∂logProb = −weight / N
 *
 * Advantages are those of the base. The weight is computed on the device, one known operation after another.
 */

import {
  type Algorithm,
  covarianceOf,
  type Device,
  maskedSums,
  type MiniBatch,
  rowColumn,
  type TableOperation,
  tableOperation,
  type TableView,
  type Tensor,
  tensorOf,
  type Update,
  wholeTable,
} from '../../src/index.ts';
import type { Expression, ExpressionName, ExpressionNode } from './expression.ts';

/** Weights are held within ± this: an expression may grow beyond what a step can bear. */
export const LARGEST_WEIGHT = 100;

export function ownWeight(base: Algorithm, expression: Expression): Algorithm {
  const rooms = new Map<Device, Room>();
  return {
    ...base,
    name: 'own_weight',
    advantages(batch) {
      const advantages = base.advantages(batch);
      const terms = new Map(advantages.terms).set(
        'reward',
        batch.rewards.map((reward) => (Number.isNaN(reward) ? 0 : reward)),
      );
      // A weight need not be 0 where the advantage is.
      return { ...advantages, terms, informative: new Uint8Array(advantages.informative.length).fill(1) };
    },
    update(batch) {
      const room = rooms.get(batch.device) ?? new Room(batch.device);
      rooms.set(batch.device, room);
      return updateOf(batch, expression.root, room);
    },
  };
}

/** Tensors that are kept from update to update, by name. */
class Room {
  readonly device: Device;
  readonly #kept = new Map<string, Tensor>();
  readonly #constants = new Map<number, TableView>();

  constructor(device: Device) {
    this.device = device;
  }

  table(name: string, rows: number, columns: number): Tensor {
    const kept = this.#kept.get(name);
    if (kept && kept.length >= rows * columns) return kept.as(rows, columns);
    if (kept) this.device.destroy(kept);
    const made = this.device.create('f32', [rows * columns], `own-weight/${name}`);
    this.#kept.set(name, made);
    return made.as(rows, columns);
  }

  /** A number as a view that gives it for every token. */
  constant(value: number): TableView {
    const known = this.#constants.get(value) ?? { tensor: tensorOf(this.device, 'f32', [1], [value], 'own-weight/constant'), offset: 0, row: 0, column: 0 };
    this.#constants.set(value, known);
    return known;
  }
}

function updateOf(batch: MiniBatch, root: ExpressionNode, room: Room): Update {
  const { device, B, T, responseMask, tokenCount } = batch;
  let made = 0;
  const apply = (operation: TableOperation, ...operands: readonly TableView[]): TableView => {
    const out = room.table(`node-${made++}`, B, T);
    tableOperation(device, operation, operands, out);
    return wholeTable(out);
  };
  const names = namedViews(batch, room, apply);
  const viewOf = (node: ExpressionNode): TableView => {
    if (node.kind === 'number') return room.constant(node.value);
    if (node.kind === 'name') return names(node.name);
    return apply(node.operation, ...node.operands.map(viewOf));
  };
  const held = apply('clamp', viewOf(root), room.constant(-LARGEST_WEIGHT), room.constant(LARGEST_WEIGHT));
  const valid = apply('choose', wholeTable(responseMask), held, room.constant(0));
  const scale = room.table('scale', 1, 1);
  device.upload(scale, [-1 / Math.max(1, tokenCount)]);
  const byLogProb = apply('multiply', valid, { tensor: scale, offset: 0, row: 0, column: 0 }).tensor;
  const byEntropy = room.table('by-entropy', B, T);
  // Asked for now: later updates write over the tables.
  const reads = Promise.all([byLogProb, batch.policyLogProbs, batch.oldLogProbs, batch.entropies].map((tensor) => device.read(tensor)));
  return { byLogProb, byEntropy, movesEntropy: false, readMetrics: async () => metricsOf(batch, await reads) };
}

/** The view behind each name; what has to be computed is computed once, when it is asked for. */
function namedViews(
  batch: MiniBatch,
  room: Room,
  apply: (operation: TableOperation, ...operands: readonly TableView[]) => TableView,
): (name: ExpressionName) => TableView {
  const { device, B, T, responseMask, policyLogProbs, oldLogProbs, entropies, tokenCount } = batch;
  const rows = room.table('rows', B, 2);
  device.upload(
    rows,
    Array.from({ length: 2 * B }, (_, i) => (i % 2 === 0 ? batch.advantages[i >> 1]! : (batch.terms.get('reward')?.[i >> 1] ?? 0))),
  );
  const advantage = batch.tokenAdvantages ? wholeTable(batch.tokenAdvantages) : rowColumn(rows, 0);
  const computed = {
    logProb: () => wholeTable(policyLogProbs),
    oldLogProb: () => wholeTable(oldLogProbs),
    ratio: () => apply('exponential', apply('subtract', wholeTable(policyLogProbs), wholeTable(oldLogProbs))),
    advantage: () => advantage,
    entropy: () => wholeTable(entropies),
    cov: () => {
      const [sums, covariance] = [{ tensor: room.table('sums', B, 2), at: 0 }, room.table('covariance', B, T)];
      maskedSums(device, responseMask, wholeTable(policyLogProbs), advantage, sums);
      covarianceOf(device, { responseMask, logProbs: policyLogProbs, advantages: advantage, sums, covariance }, tokenCount);
      return wholeTable(covariance);
    },
    prob: () => apply('exponential', wholeTable(policyLogProbs)),
    reward: () => rowColumn(rows, 1),
  } satisfies Record<ExpressionName, () => TableView>;
  const known = new Map<ExpressionName, TableView>();
  return (name) => {
    const view = known.get(name) ?? computed[name]();
    known.set(name, view);
    return view;
  };
}

function metricsOf({ lengths, T, tokenCount }: MiniBatch, [byLogProb, logProbs, oldLogProbs, entropies]: readonly ArrayLike<number>[]): Record<string, number> {
  let [loss, entropy, kl, distance] = [0, 0, 0, 0];
  lengths.forEach((length, row) => {
    for (let at = row * T; at < row * T + length; at++) {
      loss += byLogProb![at]! * logProbs![at]!;
      entropy += entropies![at]!;
      kl += oldLogProbs![at]! - logProbs![at]!;
      distance += Math.abs(oldLogProbs![at]! - logProbs![at]!);
    }
  });
  const tokens = Math.max(1, tokenCount);
  return { loss, policy_loss: loss, entropy: entropy / tokens, entropy_coef: 0, ppo_kl: kl / tokens, ppo_kl_abs: distance / tokens };
}
