/** One step of supervised training: cross-entropy on the completions of a batch of examples, on the same engine. */

import type { Random } from '../base/random.ts';
import type { Learner } from '../engines/learner.ts';
import type { PackedGroup } from '../model/packing.ts';
import { learningRate, type Schedule } from '../optim/schedule.ts';
import type { Tensor } from '../gpu/tensor.ts';
import type { Metrics } from './step-report.ts';
import type { Progress } from './training-run.ts';

/** A prompt and the completion to learn, as token ids; the completion ends with its stop token. */
export interface Example {
  readonly prompt: Uint32Array;
  readonly completion: Uint32Array;
}

/** Everything supervised training is made of. */
export interface SftRun {
  readonly learner: Learner;
  /** The `count` examples from a cursor on. */
  readonly examples: (cursor: number, count: number) => readonly Example[];
  readonly settings: { readonly batch: number; readonly maxLength: number; readonly schedule: Schedule };
  readonly slopes: { readonly byLogProb: Tensor; readonly byEntropy: Tensor };
  readonly progress: Progress;
  readonly random: Random;
}

/** loss = −mean over completion tokens of logProb; every token's slope is −1 / N. */
export async function sftStep({ learner, examples, settings, slopes, progress, random }: SftRun, step: number): Promise<Metrics> {
  const started = performance.now();
  const { batch, maxLength: T, schedule } = settings;
  const chosen = examples(progress.cursor, batch);
  const groups: PackedGroup[] = chosen.map(({ prompt, completion }, row) => ({ prompt, continuations: [{ targets: completion, slot: row * T }] }));
  const tokenCount = chosen.reduce((sum, { completion }) => sum + completion.length, 0);

  const dropout = random.at(step).fork('adapter-dropout');
  const stats = learner.policyStats(groups, batch, T, 1, dropout);
  const logProbs = learner.device.read(stats.logProbs);
  const entropies = learner.device.read(stats.entropies);
  const byLogProb = slopes.byLogProb.as(batch, T);
  learner.device.upload(byLogProb, new Float32Array(batch * T).fill(-1 / tokenCount));
  learner.accumulate(groups, { byLogProb, byEntropy: slopes.byEntropy.as(batch, T) }, 1, dropout);
  const lr = learningRate(schedule, progress.updates);
  const move = await learner.update(lr);

  const [logProbTable, entropyTable] = [await logProbs, await entropies];
  let [loss, entropy] = [0, 0];
  chosen.forEach(({ completion }, row) => {
    for (let t = 0; t < completion.length; t++) {
      loss -= logProbTable[row * T + t]!;
      entropy += entropyTable[row * T + t]!;
    }
  });
  progress.step = step;
  progress.updates++;
  progress.cursor += batch;
  progress.tokens += tokenCount;
  return {
    loss: loss / tokenCount,
    entropy: entropy / tokenCount,
    grad_norm: move.gradNorm,
    learning_rate: lr,
    'updates/count': 1,
    'updates/skipped': move.finite ? 0 : 1,
    num_tokens: progress.tokens,
    'timing_s/step': (performance.now() - started) / 1000,
  };
}
