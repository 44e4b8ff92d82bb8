/** Products of matrices: naive, the direct form, the form this adapter gets, and TensorFlow.js, on one device. */

import type { Device } from '../src/gpu/device.ts';
import { tensorOf } from '../src/gpu/device.ts';
import type { AdapterKind } from '../src/gpu/adapter-node.ts';
import type { OpenedDevice } from '../src/gpu/open-device-node.ts';
import { matmul, type MatrixView, matrix, transposed } from '../src/kernels/matmul.ts';
import { type MatmulOptions, matmulDirect } from '../src/kernels/matmul-forms.ts';
import { naiveMatmul } from './naive-matmul.ts';
import { numbers } from './numbers.ts';
import { type Contestant, type Result, takeTurns } from './rounds.ts';
import type { Tfjs } from './tfjs.ts';

/** `forward`: a · bᵀ, b the weights [N, K]. `input`: a · b, b the weights [K, N]. `weight`: aᵀ · b over K tokens. */
type Layout = 'forward' | 'input' | 'weight';

interface Product {
  readonly title: string;
  readonly layout: Layout;
  readonly shape: readonly [M: number, N: number, K: number];
}

/** A cube as large as the naive form does in about a second. */
const CUBE_SIDE = { hardware: 4096, lavapipe: 1024, software: 512, swiftshader: 512 } as const;

function largeProducts(kind: AdapterKind): readonly Product[] {
  const side = CUBE_SIDE[kind];
  const shapes = [
    [side, side, side],
    [2048, 128, 128],
    [2048, 64, 256],
  ] as const;
  return shapes.map((shape) => ({ title: 'a · bᵀ', layout: 'forward', shape }));
}

/** The matrices of the default policy, as outputs and inputs. */
const POLICY = [
  ['qkv', 128, 64],
  ['o', 64, 64],
  ['gate-up', 352, 64],
  ['down', 64, 176],
  ['head', 18, 64],
] as const;

/** The products of the default policy with this many tokens: forward, gradient of the input, gradient of the weights. */
function policyProducts(tokens: number): readonly Product[] {
  return POLICY.flatMap(([name, outputs, inputs]): readonly Product[] => [
    { title: name, layout: 'forward', shape: [tokens, outputs, inputs] },
    { title: `${name} dX`, layout: 'input', shape: [tokens, inputs, outputs] },
    { title: `${name} dW`, layout: 'weight', shape: [outputs, inputs, tokens] },
  ]);
}

export interface MatmulRow extends Product {
  readonly results: readonly Result[];
}

/** Times the products one after another, the forms of each in turn. */
export async function benchMatmul(
  opened: OpenedDevice,
  tfjs: Tfjs | undefined,
  options: { readonly rounds: number; readonly tokens: readonly number[] },
): Promise<readonly MatmulRow[]> {
  const rows: MatmulRow[] = [];
  for (const product of [...largeProducts(opened.adapter.kind), ...options.tokens.flatMap(policyProducts)]) {
    const contestants = [
      ...(product.layout === 'forward' ? [naiveMatmul(opened, product.shape)] : []),
      ...ours(opened.device, product),
      ...(tfjs ? [theirs(tfjs, product)] : []),
    ];
    rows.push({ ...product, results: await takeTurns(contestants, options.rounds) });
  }
  return rows;
}

function ours(device: Device, { layout, shape }: Product): readonly Contestant[] {
  const [M, N, K] = shape;
  const a = layout === 'weight' ? transposed(newMatrix(device, K, M)) : newMatrix(device, M, K);
  const b = layout === 'forward' ? transposed(newMatrix(device, N, K)) : newMatrix(device, K, N);
  const out = matrix(device.create('f32', [M, N], 'bench/out'), N);
  const options: MatmulOptions = {
    ...{ M, N, K, aOffset: 0, aRow: a.row, aColumn: a.column, bOffset: 0, bRow: b.row, bColumn: b.column },
    ...{ addendOffset: 0, addendRow: 0, outOffset: 0, outRow: N, useAddend: 0, accumulate: 0 },
  };
  const tensors = { a: a.tensor, b: b.tensor, addend: device.none.f32, out: out.tensor };
  const recorded = (name: string, record: () => void): Contestant => ({
    name,
    async run(times) {
      for (let i = 0; i < times; i++) record();
      await device.idle();
    },
  });
  return [recorded('direct', () => device.run(matmulDirect, tensors, options)), recorded('chosen', () => matmul(device, { a, b, out, shape }))];
}

function newMatrix(device: Device, rows: number, columns: number): MatrixView {
  return matrix(tensorOf(device, 'f32', [rows, columns], numbers(rows * columns), 'bench/operand'), columns);
}

function theirs({ tf, idle }: Tfjs, { layout, shape: [M, N, K] }: Product): Contestant {
  const a = layout === 'weight' ? tf.tensor2d(numbers(K * M), [K, M]) : tf.tensor2d(numbers(M * K), [M, K]);
  const b = layout === 'forward' ? tf.tensor2d(numbers(N * K), [N, K]) : tf.tensor2d(numbers(K * N), [K, N]);
  return {
    name: 'tfjs',
    async run(times) {
      for (let i = 0; i < times; i++) tf.matMul(a, b, layout === 'weight', layout === 'forward').dispose();
      await idle();
    },
  };
}
