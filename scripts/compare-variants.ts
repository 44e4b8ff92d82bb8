/**
 * Trains variants beside each other and says what they did to entropy, answers and reward.
 *
 *   npx tsx scripts/compare-variants.ts [--seeds 1,2,3] [--steps 240] [--only grpo,clip-cov] [--out runs/compare-variants] [key=value …]
 *
 * The recipe is the stress recipe of "make the number" (lr 4e-4, where collapse hurts) unless overridden. Runs go one after another;
 * each is kept under its own folder, so that the command can be stopped and given again: finished runs are read, an unfinished one goes on.
 */

import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { nodeStore, runRecorder, tellAll, silent, trainRecipe } from '../src/node.ts';

const { values: options, positionals: overrides } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: '1,2,3' },
    steps: { type: 'string', default: '240' },
    only: { type: 'string', default: 'grpo,clip-cov,kl-cov,entropy-bonus' },
    out: { type: 'string', default: 'runs/compare-variants' },
  },
});

/** Settings in the words of the prototype's table: KL-Cov without a ratio clip, Clip-Cov in the band near its top tenth. */
const VARIANTS: Readonly<Record<string, readonly string[]>> = {
  grpo: [],
  'clip-higher': ['algorithm.clip_high=0.28'],
  'clip-cov': ['algorithm.clip_cov={share: 0.02, low: 1, high: 20}'],
  'clip-cov-0.03': ['algorithm.clip_cov={share: 0.03, low: 1, high: 20}'],
  'kl-cov': ['algorithm.kl_cov={share: 0.1, coef: 1}', 'algorithm.surrogate=plain'],
  'kl-cov-clip': ['algorithm.kl_cov={share: 0.1, coef: 1}'],
  'entropy-bonus': ['algorithm.entropy_coef=0.03'],
  'entropy-target': ['algorithm.entropy_target={target: 0.45, step: 0.002, max: 0.1}'],
};

const steps = Number(options.steps);
const seeds = options.seeds.split(',').map(Number);
const recipe = fileURLToPath(new URL('../examples/recipes/make-the-number.yaml', import.meta.url));
const stress = [
  'optim.lr=4e-4',
  'eval.every=15',
  'eval.n=8',
  'ref.measure_kl=false',
  'checkpoint.every=15',
  'checkpoint.keep_last=1',
  'checkpoint.keep_best=null',
  'log.completions=false',
];

interface Row {
  readonly step: number;
  readonly [metric: string]: unknown;
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

function rowsIn(folder: string): Row[] {
  const file = join(folder, 'metrics.jsonl');
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as Row);
}

async function trainVariant(variant: string, seed: number): Promise<Row[]> {
  const folder = join(options.out, `${variant}-seed-${seed}`);
  const known = rowsIn(folder);
  if (known.at(-1)?.step === steps) return known;
  mkdirSync(folder, { recursive: true });
  const store = nodeStore(folder);
  const started = performance.now();
  let device = '';
  const log = { ...silent, started: (info: { readonly device: string }) => void (device = info.device) };
  await trainRecipe(recipe, {
    overrides: [...stress, `steps=${steps}`, `seed=${seed}`, ...VARIANTS[variant]!, ...overrides],
    store,
    observer: tellAll([runRecorder(store, { attempt: 1, schema: 'entrain', completions: false }), log]),
  });
  const seconds = Math.round((performance.now() - started) / 1000);
  appendFileSync(join(options.out, 'runs.log'), `${new Date().toISOString()} ${variant} seed ${seed}: ${seconds} s on ${device}\n`);
  say(`${variant} seed ${seed}: ${seconds} s`);
  return rowsIn(folder);
}

/** What the table says of one run: one evaluation early, and the mean of those in the last quarter. */
const FIGURES = {
  'mean@1': 'eval/heldout/mean@1',
  'pass@8': 'eval/heldout/pass@8',
  H: 'eval/heldout/entropy',
  'answers alive': 'eval/heldout/distinct@8',
} as const;
type Figure = keyof typeof FIGURES;
const late = Math.round(steps * 0.75);
const early = Math.min(90, late);

function figuresOf(rows: readonly Row[], from: number, to: number): Record<Figure, number> {
  const evaluated = rows.filter(({ step, [FIGURES.H]: entropy }) => step >= from && step <= to && typeof entropy === 'number');
  const meanOf = (metric: string) => evaluated.reduce((sum, row) => sum + Number(row[metric]), 0) / evaluated.length;
  return Object.fromEntries(Object.entries(FIGURES).map(([name, metric]) => [name, meanOf(metric)])) as Record<Figure, number>;
}

function spread(values: readonly number[]): string {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1));
  return values.length > 1 ? `${mean.toFixed(3)} ± ${deviation.toFixed(3)}` : mean.toFixed(3);
}

function table(runs: ReadonlyMap<string, readonly (readonly Row[])[]>): string {
  const names = Object.keys(FIGURES) as Figure[];
  const head = [
    '',
    ...names.map((name, i) => (i === 0 ? `step ${early}: ${name}` : name)),
    ...names.map((name, i) => (i === 0 ? `${late}–${steps}: ${name}` : name)),
    'seeds',
  ];
  const lines = [...runs].map(([variant, each]) => {
    const cells = [
      [early, early],
      [late, steps],
    ].flatMap(([from, to]) => names.map((name) => spread(each.map((rows) => figuresOf(rows, from!, to!)[name]))));
    return [variant, ...cells, String(each.length)];
  });
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

mkdirSync(options.out, { recursive: true });
const runs = new Map<string, (readonly Row[])[]>();
// Seed by seed, so that a table over all variants stands early.
for (const seed of seeds) {
  for (const variant of options.only.split(',')) {
    if (!(variant in VARIANTS)) throw new Error(`--only: expected ${Object.keys(VARIANTS).join(', ')}, got ${variant}.`);
    runs.set(variant, [...(runs.get(variant) ?? []), await trainVariant(variant, seed)]);
    writeFileSync(join(options.out, 'table.md'), `${table(runs)}\n`);
  }
}
say(table(runs));
process.exit();
