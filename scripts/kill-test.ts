/**
 * Kills training at random moments, starts the same command again each time, and compares the run with one that was left alone.
 *
 *   npx tsx scripts/kill-test.ts [--kills 30] [--adapter lavapipe] [--seed 1] [--keep]
 *
 * The default recipe, 12 steps, a checkpoint every 2 and an evaluation every 4; kills spread evenly over rollout, update and checkpoint
 * writing. Exits with 1 if anything but the clock differs.
 */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from '../src/base/random.ts';
import { attempt, type Durations, leftBehind, type Moment, PHASES, type Phase } from './kill-test/attempt.ts';
import { differences } from './kill-test/compare.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '30' },
    adapter: { type: 'string', default: 'auto' },
    seed: { type: 'string', default: '1' },
    keep: { type: 'boolean', default: false },
  },
});
const killsPerPhase = Math.ceil(Number(values.kills) / PHASES.length);
const random = Random.seeded(Number(values.seed)).fork('kill-test');
const print = (line: string): void => void process.stdout.write(`${line}\n`);

const place = await mkdtemp(join(tmpdir(), 'entrain-kill-test-'));
const wordsOf = (name: string): string[] => [
  'examples/recipes/make-the-number.yaml',
  ...['steps=12', 'checkpoint.every=2', 'checkpoint.keep_best=null', 'eval.every=4', `adapter=${values.adapter}`],
  ...[`run.dir=${place}`, 'run.project=kill-test', `run.name=${name}`],
];
const folderOf = (name: string): string => join(place, 'kill-test', name);

/** Milliseconds of the phases, from the rows and the saves of a run that was left alone. */
async function durationsOf(folder: string, saves: readonly number[]): Promise<Durations> {
  const rows = (await readFile(join(folder, 'metrics.jsonl'), 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, number>);
  const mean = (times: readonly number[]) => times.reduce((sum, time) => sum + time, 0) / times.length;
  const timing = (name: string) => 1000 * mean(rows.flatMap((row) => row[name] ?? []));
  return { rollout: timing('timing_s/gen'), update: timing('timing_s/update_actor'), checkpoint: mean(saves) };
}

/** A moment of the phase that has had the fewest kills. Later occurrences let the run make headway between kills. */
function nextMoment(done: Readonly<Record<Phase, number>>, index: number): Moment {
  const fewest = Math.min(...PHASES.map((phase) => done[phase]));
  const open = PHASES.filter((phase) => done[phase] === fewest);
  const phase = open[random.below(open.length, index, 0)]!;
  return { phase, nth: 1 + random.below(phase === 'checkpoint' ? 2 : 3, index, 1), share: random.uniform(index, 2) };
}

const straight = await attempt(wordsOf('straight'), folderOf('straight'), null, { rollout: 0, update: 0, checkpoint: 0 });
if (straight.exitCode !== 0) throw new Error(`the run that is left alone ended with ${straight.exitCode}:\n${straight.output}`);
const durations = await durationsOf(folderOf('straight'), straight.saves);
print(`left alone: ${PHASES.map((phase) => `${phase} ${durations[phase].toFixed(0)} ms`).join(', ')}`);

const done: Record<Phase, number> = { rollout: 0, update: 0, checkpoint: 0 };
const total = () => done.rollout + done.update + done.checkpoint;
const isDone = () => PHASES.every((phase) => done[phase] >= killsPerPhase);
const found: string[] = [];
let [runs, tries] = [0, 0];
while (!isDone() && tries < 12 * killsPerPhase) {
  const name = `killed_${++runs}`;
  for (let number = 1; ; number++) {
    const moment = isDone() ? null : nextMoment(done, tries++);
    const ended = await attempt(wordsOf(name), folderOf(name), moment, durations);
    if (ended.exitCode === 0) break;
    if (ended.exitCode !== null) throw new Error(`${name}, attempt ${number} ended with ${ended.exitCode}:\n${ended.output}`);
    const phase = PHASES.find((known) => known === ended.phase);
    if (phase) done[phase]++;
    print(
      `kill ${String(total()).padStart(2)}  ${name} attempt ${String(number).padStart(2)}  in ${ended.phase.padEnd(10)} of step ${String(ended.step).padStart(2)}  left: ${leftBehind(folderOf(name))}`,
    );
  }
  const differing = await differences(folderOf('straight'), folderOf(name));
  print(`${name}: ${differing.length === 0 ? 'the same run' : `${differing.length} differences`}`);
  found.push(...differing.map((difference) => `${name}: ${difference}`));
}

print(`\n${PHASES.map((phase) => `${done[phase]} kills in ${phase}`).join(', ')}; ${runs} runs finished, ${found.length} differences from the one left alone`);
for (const difference of found.slice(0, 20)) print(`  ${difference}`);
if (values.keep || found.length > 0) print(`the runs are in ${place}`);
else await rm(place, { recursive: true });
process.exitCode = found.length === 0 && isDone() ? 0 : 1;
