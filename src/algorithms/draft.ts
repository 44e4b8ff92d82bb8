/** An update being written: the tables that stages add to, the numbers per row they read, and what is to be measured. */

import { KernelError } from '../base/errors.ts';
import type { Device } from '../gpu/device.ts';
import type { ElementType, Tensor } from '../gpu/tensor.ts';
import { multiplyTables, rowColumn, type SumColumns, type TableView, wholeTable } from '../kernels/stages.ts';
import type { MiniBatch, Update } from './algorithm.ts';
import { RowSums } from './row-sums.ts';
import type { Workspace } from './workspace.ts';

/** Columns of row sums an update has room for. */
const SUM_COLUMNS = 32;

/** A term of the scalar loss: coefficient · Σ_b weights[b] · (row b of the column). */
export interface LossTerm {
  readonly column: number;
  readonly weights: ArrayLike<number>;
  readonly coefficient: number;
  /** Whether it is part of `policy_loss`. */
  readonly isPolicy: boolean;
  /** A column by whose mean over the row's tokens the row counts; wholly when absent. */
  readonly share?: number;
}

export type Measure = (sums: RowSums) => Readonly<Record<string, number>>;

/** Numbers per row, uploaded together and read by stages under their names. `high` stands right after `low`: bounds are pairs. */
export interface RowTerms {
  readonly advantage: ArrayLike<number>;
  readonly low: ArrayLike<number>;
  readonly high: ArrayLike<number>;
  readonly [name: string]: ArrayLike<number>;
}

export class Draft {
  readonly batch: MiniBatch;
  readonly device: Device;
  readonly byLogProb: Tensor;
  readonly byEntropy: Tensor;
  /** Multiplies the surrogate token by token: selections. Absent while none is set. */
  weights: Tensor | undefined;
  /** The correction for the sampler, which multiplies it too, or joins the ratio of a whole row. Absent while none is set. */
  samplerWeights: Tensor | undefined;
  /** (low, high) of the ratio: by row, until a stage sets them token by token. */
  bounds: TableView;
  /** Token by token where there are such, else by row. */
  advantages: TableView;
  /** 1 at the tokens whose entropy the bonus raises; all when absent. */
  bonusKeep: Tensor | undefined;
  /** The column that counts those tokens. */
  bonusCount: SumColumns | undefined;
  readonly #workspace: Workspace;
  readonly #rows: ReadonlyMap<string, TableView>;
  readonly #sums: Tensor;
  readonly #policyWeights: ArrayLike<number>;
  readonly #measures: Measure[] = [];
  readonly #loss: LossTerm[] = [];
  readonly #hostLoss: { readonly value: (sums: RowSums) => number; readonly isPolicy: boolean }[] = [];
  #columns = 0;

  constructor(batch: MiniBatch, workspace: Workspace, rows: RowTerms) {
    this.batch = batch;
    this.device = batch.device;
    this.#workspace = workspace;
    this.byLogProb = this.table('by-log-prob');
    this.byEntropy = this.table('by-entropy');
    this.#sums = workspace.borrow([batch.B, SUM_COLUMNS]);
    this.#policyWeights = rows['policy'] ?? new Float64Array(batch.B);
    this.#rows = uploadRows(workspace, batch.B, rows);
    this.bounds = this.row('low');
    this.advantages = batch.tokenAdvantages ? wholeTable(batch.tokenAdvantages) : this.row('advantage');
  }

  /** A [B, T] table of this name; what it holds at first is undefined. */
  table(name: string, type: ElementType = 'f32'): Tensor {
    return this.#workspace.tensor(name, type, [this.batch.B, this.batch.T]);
  }

  tensor(name: string, type: ElementType, shape: readonly number[]): Tensor {
    return this.#workspace.tensor(name, type, shape);
  }

  /** One of the numbers per row, as a view. */
  row(name: string): TableView {
    const view = this.#rows.get(name);
    if (!view) throw new KernelError(`update: expected numbers per row named ${name}, got ${[...this.#rows.keys()].join(', ')}.`);
    return view;
  }

  /** Keeps of each token's policy term the share that stands in the table; selections multiply. */
  weigh(table: Tensor): void {
    if (!this.weights) {
      this.weights = table;
      return;
    }
    const product = this.table('weights');
    if (this.weights.storage.id !== product.storage.id) this.device.copy(this.weights, product);
    multiplyTables(this.device, table, product);
    this.weights = product;
  }

  /** Selections times the correction for the sampler; absent while neither is set. */
  allWeights(): Tensor | undefined {
    if (!this.weights || !this.samplerWeights) return this.weights ?? this.samplerWeights;
    const product = this.table('all-weights');
    this.device.copy(this.weights, product);
    multiplyTables(this.device, this.samplerWeights, product);
    return product;
  }

  /** How many columns are taken. */
  get columns(): number {
    return this.#columns;
  }

  /** Reserves columns of row sums for a stage to fill. */
  sums(count: number): SumColumns {
    const at = this.#columns;
    this.#columns += count;
    if (this.#columns > SUM_COLUMNS) throw new KernelError(`update: expected at most ${SUM_COLUMNS} columns of sums, got ${this.#columns}.`);
    return { tensor: this.#sums, at };
  }

  /** Adds metrics, computed on the host when the sums have been read back. */
  measure(measure: Measure): void {
    this.#measures.push(measure);
  }

  /** Adds a term to the scalar loss; its slopes are the stage's to write. */
  addLoss(term: LossTerm): void {
    this.#loss.push(term);
  }

  /** A term of the loss that is no weighted sum of one column. */
  addHostLoss(value: (sums: RowSums) => number, isPolicy = false): void {
    this.#hostLoss.push({ value, isPolicy });
  }

  /** A term that is aggregated as the policy loss is: with the row term `policy`. */
  addPolicyLoss(column: number, { coefficient = 1, share }: { readonly coefficient?: number; readonly share?: number } = {}): void {
    this.addLoss({ column, weights: this.#policyWeights, coefficient, isPolicy: true, ...(share !== undefined && { share }) });
  }

  finish(movesEntropy: boolean): Update {
    this.measure((sums) => {
      const parts = [
        ...this.#loss.map((term) => ({ isPolicy: term.isPolicy, value: term.coefficient * sums.weighted(term.column, rowWeights(term, sums)) })),
        ...this.#hostLoss.map(({ value, isPolicy }) => ({ isPolicy, value: value(sums) })),
      ];
      const sumOf = (terms: typeof parts): number => terms.reduce((sum, { value }) => sum + value, 0);
      return { loss: sumOf(parts), policy_loss: sumOf(parts.filter(({ isPolicy }) => isPolicy)) };
    });
    const { byLogProb, byEntropy, device, batch } = this;
    return { byLogProb, byEntropy, movesEntropy, readMetrics: () => this.#read(device, batch.lengths) };
  }

  async #read(device: Device, lengths: Uint32Array): Promise<Record<string, number>> {
    const data = await device.read(this.#sums);
    this.#workspace.giveBack(this.#sums);
    const sums = new RowSums(data, SUM_COLUMNS, lengths);
    return Object.assign({}, ...this.#measures.map((measure) => measure(sums)));
  }
}

function rowWeights({ weights, share }: LossTerm, sums: RowSums): ArrayLike<number> {
  return share === undefined ? weights : Float64Array.from(weights, (weight, b) => (weight * sums.of(b, share)) / Math.max(1, sums.lengths[b]!));
}

function uploadRows(workspace: Workspace, B: number, { low, high, ...rest }: RowTerms): Map<string, TableView> {
  const columns = Object.entries({ low, high, ...rest });
  const width = columns.length;
  const packed = new Float64Array(B * width);
  columns.forEach(([, values], column) => {
    for (let b = 0; b < B; b++) packed[b * width + column] = values[b]!;
  });
  const tensor = workspace.tensor('rows', 'f32', [B, width]);
  workspace.device.upload(tensor, packed);
  return new Map(columns.map(([name], column) => [name, rowColumn(tensor, column)]));
}
