/** One process that trains, and is killed at a moment of a phase, or left to finish. */

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const PHASES = ['rollout', 'update', 'checkpoint'] as const;

export type Phase = (typeof PHASES)[number];

/** When to kill: so far into the nth time that a phase begins in this process. */
export interface Moment {
  readonly phase: Phase;
  readonly nth: number;
  /** Between 0 and 1, of how long the phase usually takes. */
  readonly share: number;
}

export interface Ended {
  /** Null for a process that was killed. */
  readonly exitCode: number | null;
  /** The phase it was in when it died, as far as it had told. */
  readonly phase: string;
  readonly step: number;
  readonly output: string;
  /** Milliseconds that the saves took which it finished. */
  readonly saves: readonly number[];
}

/** Milliseconds that each phase usually takes. */
export type Durations = Readonly<Record<Phase, number>>;

const PHASE_NAMES: Readonly<Record<string, Phase>> = { gen: 'rollout', update_actor: 'update' };
const root = fileURLToPath(new URL('../../', import.meta.url));
const phases = new URL('phases.ts', import.meta.url).href;

/** Runs `entrain train` with these words on a run folder; kills it at the moment, if one is given. */
export async function attempt(words: readonly string[], folder: string, moment: Moment | null, durations: Durations): Promise<Ended> {
  const checkpoints = join(folder, 'checkpoints');
  mkdirSync(checkpoints, { recursive: true });
  const args = ['--import', 'tsx', '--import', phases, 'src/cli/main.ts', 'train', ...words];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
  let [phase, step, output, seen, savedSince] = ['start', 0, '', 0, 0];
  const saves: number[] = [];

  const kill = () => child.kill('SIGKILL');
  const begin = (begun: Phase) => {
    if (moment?.phase !== begun || ++seen !== moment.nth) return;
    setTimeout(kill, moment.share * durations[begun]);
  };
  const watcher = watch(checkpoints, (_, name) => {
    if (name === 'latest' && phase === 'checkpoint') {
      saves.push(performance.now() - savedSince);
      phase = 'between';
    } else if (phase !== 'checkpoint' && name?.startsWith('.tmp-step_') && existsSync(join(checkpoints, name))) {
      savedSince = performance.now();
      phase = 'checkpoint';
      begin('checkpoint');
    }
  });
  createInterface({ input: child.stdio[3] as NodeJS.ReadableStream }).on('line', (line) => {
    const [told = '', at] = line.split(' ');
    phase = PHASE_NAMES[told] ?? 'between';
    step = Number(at);
    if (PHASE_NAMES[told]) begin(PHASE_NAMES[told]);
  });
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text: Buffer) => (output += text.toString()));
  const exitCode = await new Promise<number | null>((resolve) => child.on('close', resolve));
  watcher.close();
  const isTorn = leftBehind(folder) !== 'whole';
  return { exitCode, phase: phase === 'checkpoint' && !isTorn ? 'between' : phase, step, output, saves };
}

/** What a killed save left of the newest checkpoint. */
export function leftBehind(folder: string): string {
  const checkpoints = join(folder, 'checkpoints');
  const names = existsSync(checkpoints) ? readdirSync(checkpoints) : [];
  const temporary = names.find((name) => name.startsWith('.tmp-'));
  if (temporary) return `${temporary} with ${readdirSync(join(checkpoints, temporary)).length} files`;
  const newest = Math.max(0, ...names.flatMap((name) => (/^step_\d+$/.test(name) ? [Number(name.slice(5))] : [])));
  const latest = existsSync(join(checkpoints, 'latest')) ? readFileSync(join(checkpoints, 'latest'), 'utf8').trim() : 'step_0';
  return latest === `step_${newest}` ? 'whole' : `step_${newest}, and latest names ${latest}`;
}
