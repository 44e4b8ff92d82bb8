/** One run in a worker, from request to summary: device, run folder, training, report. */

import { openBrowserDevice } from '../gpu/open-device-browser.ts';
import { buildRun, trainOptions } from '../recipe/build.ts';
import { recipeHash } from '../recipe/recipe-hash.ts';
import { browserServices } from '../recipe/services-browser.ts';
import { type RunObserver, silent, tellAll, type TrainSummary } from '../trainer/observer.ts';
import { logPath } from '../trainer/run-description.ts';
import { runRecorder } from '../trainer/run-recorder.ts';
import { openOpfsStore } from '../trainer/run-store-opfs.ts';
import { train, type TrainOptions } from '../trainer/train.ts';
import type { OpenedRun, RunRequest } from './protocol.ts';
import { inRunPlace, type RunPlace } from './run-place.ts';

/** How a run is watched and held. */
export interface RunControl {
  readonly observer: RunObserver;
  readonly signal: AbortSignal;
  /** Awaited before each step, with the last that was done. */
  readonly wait: (done: number) => Promise<void>;
  readonly opened: (run: OpenedRun) => void;
}

/** @throws TrainerError of the kind that says who can mend it */
export function performRun(request: RunRequest, control: RunControl): Promise<TrainSummary> {
  return inRunPlace(request, (place) => trainIn(place, request, control));
}

async function trainIn(place: RunPlace, request: RunRequest, { observer, signal, wait, opened }: RunControl): Promise<TrainSummary> {
  const { recipe, files, tier } = request;
  const { store, attempt, movedTo } = place;
  const { device, adapter } = await openBrowserDevice(tier && { tier });
  try {
    opened({ adapter, tier: device.traits.tier, attempt, place: store.place });
    const all = watchAll(place, request, observer);
    if (movedTo !== undefined) await all.note(`the earlier run is kept in ${movedTo}`);
    if (adapter.kind === 'software')
      await all.note('This browser computes on the processor: good enough for small policies; its speed says nothing about a GPU.');
    const job = await buildRun(recipe, browserServices(device, files), adapter.name);
    for (const warning of job.warnings) await all.warning(warning);
    const options = trainOptions(recipe, { attempt, deviceName: adapter.name, recipeHash: await recipeHash(recipe), resume: await resumeFrom(request) });
    return await train(job, store, all, { ...options, beforeStep: (step) => wait(step - 1) }, signal);
  } catch (error) {
    await quietly(() => store.append(logPath(attempt), `error: ${error instanceof Error ? error.message : String(error)}\n`));
    throw error;
  } finally {
    device.close();
    await quietly(async () => {
      const { writeReport } = await import('../trainer/report/from-store.ts');
      await writeReport(store, `${recipe.run.project} / ${recipe.run.name}`);
    });
  }
}

function watchAll({ store, attempt, environment }: RunPlace, { recipe }: RunRequest, observer: RunObserver): RunObserver {
  const { to, schema, completions } = recipe.log;
  const recorder = to.includes('jsonl') ? [runRecorder(store, { attempt, schema, completions })] : [];
  const line = (text: string) => store.append(logPath(attempt), `${text}\n`);
  const log: RunObserver = {
    ...silent,
    async started({ device, parameters, startStep, steps }) {
      await store.write('env.json', `${JSON.stringify({ attempt, ...environment, device, parameters }, null, 2)}\n`);
      await line(`steps ${startStep + 1} to ${steps} on ${device}, attempt ${attempt}`);
    },
    step: ({ step, reward, entropy }) => line(`step ${step} reward ${reward} entropy ${entropy}`),
    note: (message) => line(`note: ${message}`),
    warning: (message) => line(`warning: ${message}`),
    finished: ({ stopped, step }) => line(`${stopped} at step ${step}`),
  };
  return tellAll([...recorder, log, observer]);
}

/** `auto`, `never`, or a checkpoint by its folder in the browser's storage: `runs/a/b/checkpoints/step_50`. */
async function resumeFrom({ recipe: { resume } }: RunRequest): Promise<TrainOptions['resume']> {
  if (resume === 'auto') return 'own';
  if (resume === 'never') return 'never';
  const parts = resume.split('/');
  return { store: await openOpfsStore(parts.slice(0, -1).join('/')), path: parts.at(-1)! };
}

/** Does what must not hide how the run ended. */
async function quietly(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    console.warn(error);
  }
}
