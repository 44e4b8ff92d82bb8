/**
 * Trains variants beside each other and says what they did to entropy, answers and reward.
 *
 *   npx tsx scripts/compare-variants.ts [--regime gentle|stress] [--seeds 1,2,3] [--steps N] [--only GRPO,Clip-Cov] [--out FOLDER] [key=value …]
 *
 * "gentle" is the recipe of make-the-number for 300 steps; "stress" is the same with lr 4e-4 for 240 steps, where collapse hurts. Runs go one
 * after another; each is kept under its own folder, so that the command can be stopped and given again: finished runs are read, others made anew.
 */

import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { nodeStore, runRecorder, silent, tellAll, trainRecipe } from '../src/node.ts';
import { metricRows, weightDistance } from './compare/run-figures.ts';
import { comparisonTable, type ComparedRun } from './compare/table.ts';
import { VARIANTS } from './compare/variants.ts';

const REGIMES = {
  gentle: { steps: 300, overrides: [] },
  stress: { steps: 240, overrides: ['optim.lr=4e-4'] },
};

/** What a comparison needs of a run and no more: evaluations, the last weights. */
const LEAN = [
  'eval.every=15',
  'eval.n=8',
  'ref.measure_kl=false',
  'checkpoint.every=60',
  'checkpoint.keep_last=1',
  'checkpoint.keep_best=null',
  'log.completions=false',
];

const { values: options, positionals: overrides } = parseArgs({
  allowPositionals: true,
  options: {
    regime: { type: 'string', default: 'stress' },
    seeds: { type: 'string', default: '1,2,3' },
    steps: { type: 'string' },
    only: { type: 'string', default: Object.keys(VARIANTS).join(',') },
    out: { type: 'string' },
  },
});
if (!(options.regime in REGIMES)) throw new Error(`--regime: expected ${Object.keys(REGIMES).join(' or ')}, got ${options.regime}.`);
const regime = REGIMES[options.regime as keyof typeof REGIMES];
const steps = Number(options.steps ?? regime.steps);
const out = options.out ?? `runs/compare-variants/${options.regime}`;
const names = options.only.split(',');
const unknown = names.find((name) => !(name in VARIANTS));
if (unknown !== undefined) throw new Error(`--only: expected ${Object.keys(VARIANTS).join(', ')}, got ${unknown}.`);

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const folderOf = (variant: string, seed: number): string => join(out, `${VARIANTS[variant]!.recipe}-seed-${seed}`);

async function trainVariant(variant: string, seed: number): Promise<void> {
  const folder = folderOf(variant, seed);
  if (metricRows(folder).at(-1)?.step === steps) return;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const store = nodeStore(folder);
  const started = performance.now();
  let device = '';
  const log = { ...silent, started: (info: { readonly device: string }) => void (device = info.device) };
  await trainRecipe(fileURLToPath(new URL(`../examples/recipes/${VARIANTS[variant]!.recipe}.yaml`, import.meta.url)), {
    overrides: [...LEAN, ...regime.overrides, `steps=${steps}`, `seed=${seed}`, ...overrides],
    store,
    observer: tellAll([runRecorder(store, { attempt: 1, schema: 'entrain', completions: false }), log]),
  });
  const line = `${variant} seed ${seed}: ${Math.round((performance.now() - started) / 1000)} s`;
  appendFileSync(join(out, 'runs.log'), `${new Date().toISOString()} ${line} on ${device}\n`);
  say(line);
}

function compared(variant: string, seed: number): ComparedRun {
  const base = folderOf('GRPO', seed);
  const hasBase = variant !== 'GRPO' && metricRows(base).at(-1)?.step === steps;
  return { rows: metricRows(folderOf(variant, seed)), distance: hasBase ? weightDistance(folderOf(variant, seed), base, steps) : null };
}

mkdirSync(out, { recursive: true });
const runs = new Map<string, ComparedRun[]>();
// Seed by seed, so that a table over all variants stands early.
for (const seed of options.seeds.split(',').map(Number)) {
  for (const variant of names) {
    await trainVariant(variant, seed);
    runs.set(variant, [...(runs.get(variant) ?? []), compared(variant, seed)]);
    writeFileSync(join(out, 'table.md'), `${comparisonTable(runs, steps)}\n`);
  }
}
say(comparisonTable(runs, steps));
process.exit();
