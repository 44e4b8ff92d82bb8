/**
 * `npm run bench -- [--adapter lavapipe] [--rounds 9] [--tokens 256,900,1300] [--only matmul|token-stats|train-step] [--profile]`: how fast this machine does what training is made of.
 *
 * Every table compares forms and engines in one process on one device, in turns, best and median of the rounds.
 */

import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { openDevice } from '../src/gpu/open-device-node.ts';
import type { KernelTime } from '../src/gpu/profile.ts';
import { benchMatmul, type MatmulRow } from './matmul.ts';
import type { Result } from './rounds.ts';
import { openTfjs } from './tfjs.ts';
import { benchTokenStats, type TokenStatsRow } from './token-stats.ts';
import { benchTrainStep, type TrainStepTimes } from './train-step.ts';

const { values } = parseArgs({
  options: {
    adapter: { type: 'string', default: 'auto' },
    rounds: { type: 'string', default: '9' },
    tokens: { type: 'string', default: '900' },
    only: { type: 'string' },
    profile: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
const tokens = values.tokens.split(',').map(Number);
const wants = (section: string): boolean => values.only === undefined || values.only === section;

const opened = await openDevice(values.adapter, { profile: values.profile });
const { adapter, device, profile } = opened;
const tfjs = await openTfjs(opened);

print(`adapter   ${adapter.name} (${adapter.kind}), tier ${device.traits.tier}`);
if (adapter.kind !== 'hardware') print('          software adapter: says nothing about a GPU');
print(`versions  node ${process.version}, webgpu ${adapter.dawn}, tfjs ${tfjs.version}`);
print(`machine   ${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}`);
print(`rounds    ${rounds}, in turns; figures are best (median)`);

if (wants('matmul')) {
  heading('products, GFLOP/s');
  for (const line of matmulTable(await benchMatmul(opened, tfjs, { rounds, tokens }))) print(line);
}
if (wants('token-stats')) {
  heading('token statistics, ms: ours log-prob, entropy and moments; tfjs log-softmax and gather');
  for (const line of tokenStatsTable(await benchTokenStats(device, tfjs, rounds))) print(line);
}
if (wants('train-step')) {
  heading('training steps of the default recipe');
  const beforeLast = async (): Promise<void> => {
    await device.idle();
    await profile?.collect();
  };
  for (const line of trainStepLines(await benchTrainStep(device, adapter.name, rounds, beforeLast))) print(line);
  if (profile) for (const line of profileTable(await profile.collect())) print(line);
}

device.close();
process.exit(0); // an open adapter keeps Node alive

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function heading(title: string): void {
  print(`\n${title}; load ${loadavg()[0]!.toFixed(1)}`);
}

function matmulTable(rows: readonly MatmulRow[]): string[] {
  const head = ['product', 'M × N × K', 'naive', 'direct', 'chosen', 'tfjs', '÷ naive', '÷ tfjs', 'first ms'];
  const body = rows.map(({ title, shape, results }) => {
    const flops = 2 * shape[0] * shape[1] * shape[2];
    const [naive, direct, chosen, other] = ['naive', 'direct', 'chosen', 'tfjs'].map((name) => results.find((result) => result.name === name));
    const speed = (result: Result | undefined): string =>
      result ? `${(flops / result.bestMs / 1e6).toFixed(1)} (${(flops / result.medianMs / 1e6).toFixed(1)})` : '';
    return [
      title,
      shape.join(' × '),
      speed(naive),
      speed(direct),
      speed(chosen),
      speed(other),
      ratio(naive, chosen),
      ratio(other, chosen),
      chosen!.firstMs.toFixed(0),
    ];
  });
  return columns([head, ...body]);
}

function tokenStatsTable(rows: readonly TokenStatsRow[]): string[] {
  const head = ['tokens × vocabulary', 'ours', 'tfjs', '÷ tfjs'];
  const body = rows.map(({ tokens: count, vocabulary, results }) => {
    const [own, other] = ['ours', 'tfjs'].map((name) => results.find((result) => result.name === name));
    const time = (result: Result | undefined): string => (result ? `${result.bestMs.toFixed(2)} (${result.medianMs.toFixed(2)})` : '');
    return [`${count} × ${vocabulary}`, time(own), time(other), ratio(other, own)];
  });
  return columns([head, ...body]);
}

function trainStepLines({ firstMs, stepMs, parts }: TrainStepTimes): string[] {
  const sorted = stepMs.toSorted((a, b) => a - b);
  const shares = Object.entries(parts).map(([name, seconds]) => `${name} ${(seconds * 1000).toFixed(0)}`);
  return [
    `first step ${firstMs.toFixed(0)} ms, from reading the recipe; what compiles it compiles then`,
    `later      ${sorted[0]!.toFixed(0)} (${sorted[Math.floor(sorted.length / 2)]!.toFixed(0)}) ms`,
    `the last   ${shares.join(', ')} ms`,
  ];
}

function profileTable(times: ReadonlyMap<string, KernelTime>): string[] {
  const body = [...times].map(([name, { calls, milliseconds }]) => [name, String(calls), milliseconds.toFixed(1)]);
  return columns([['kernel, in the last step', 'runs', 'ms'], ...body]);
}

/** How many times faster, by the best of each. */
function ratio(slow: Result | undefined, fast: Result | undefined): string {
  return slow && fast ? (slow.bestMs / fast.bestMs).toFixed(1) : '';
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd(),
  );
}
