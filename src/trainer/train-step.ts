/**
 * One step of training: sample groups of completions, score them, and improve the policy on what came out.
 *
 * This file knows the order of things and nothing else.
 */

import type { Random } from '../base/random.ts';
import { learningRate } from '../optim/schedule.ts';
import { cutMiniBatches, type MiniBatchRows, type StepMaterial } from './mini-batches.ts';
import { formBatch } from './rollout-batch.ts';
import { sampleGroups } from './sample-groups.ts';
import { isOffSampler, rolloutSignals } from './signals.ts';
import { StepReport, type StepResult } from './step-report.ts';
import type { TrainingRun } from './training-run.ts';

/** Takes one step: samples, scores, and moves the policy. */
export async function trainStep(run: TrainingRun, step: number): Promise<StepResult> {
  const { algorithm, learner, settings, progress } = run;
  const report = new StepReport(step);
  const random = run.random.at(step); // counter-based: the same seed and step draw the same numbers

  // Sample a group of completions for each prompt, from the policy as it stands, and score each.
  const { scored, promptTokens, batches, tokens, greedyRewards, greedyLengths } = await sampleGroups(run, random, report);

  // Note what the policy said when it sampled them, and set each against its group.
  const signals = await report.timed('old_log_prob', () => rolloutSignals(run, scored, promptTokens, random.fork('dropout')));
  const batch = formBatch(scored, settings.sampling.maxTokens, {
    tables: signals.tables,
    rewardWeights: run.scorer.weights,
    greedyRewards,
    greedyLengths,
  });
  const advantages = algorithm.advantages(batch);
  report.addRollouts(scored, batch, advantages);
  report.add({ num_gen_batches: batches });

  await report.timed('update_actor', async () => {
    let hasMoved = false;
    for (let epoch = 0; epoch < settings.epochs; epoch++) {
      const material = { batch, advantages, scored, signals, promptTokens };
      for (const rows of cutMiniBatches(material, settings.updatePrompts, random.fork(`shuffle.${epoch}`))) {
        const update = progress.updates++;
        if (rows.tokenCount === 0) continue; // nothing was left in the loss, so nothing is to be learned
        // Rows without an advantage have no slope; a mini-batch of them moves by momentum alone.
        if (rows.groups.length > 0) learn(run, rows, material, hasMoved, random.fork(`update.${update}`), report);

        const lr = learningRate(settings.schedule, update);
        report.addMove(learner.update(lr), lr);
        hasMoved = true;
      }
    }
    await report.settle(); // the only wait on the device outside sampling
  });

  report.add(algorithm.endStep(report.metrics())); // controllers read the step's entropy here
  progress.step = step;
  progress.cursor += batches * settings.prompts;
  progress.tokens += tokens;
  return report.result(progress.tokens, tokens);
}

/** Finds how every token of a mini-batch should move, and pushes that back through the model. */
function learn(run: TrainingRun, rows: MiniBatchRows, material: StepMaterial, hasMoved: boolean, random: Random, report: StepReport): void {
  const { algorithm, learner, settings, tables } = run;
  const { temperature } = settings.sampling;
  const [B, T] = [rows.rows.length, rows.T];

  const wantsReference = algorithm.usesReference || (settings.measureKl && !hasMoved);
  const refLogProbs = wantsReference ? learner.referenceLogProbs(rows.groups, B, T, temperature) : null;

  // What the policy says now. Statistics need the whole mini-batch, so that the number of
  // sequences that fit in memory at once can never change a result.
  const dropout = random.fork('adapter-dropout');
  const now = learner.policyStats(rows.groups, B, T, temperature, dropout);
  if (!hasMoved) report.addFirstLook(learner, rows, material, now, refLogProbs);

  const parts = {
    refLogProbs,
    // Where the sampler's numbers stand for the old policy and are not the policy's own, the ratio is to them from the first update on.
    hasMoved: hasMoved || isOffSampler(settings),
    vocabulary: learner.model.config.vocabSize,
    ...(algorithm.needs.microRows && { microRows: learner.microRows(rows.groups, T) }),
  };
  const update = algorithm.update(tables.layOut(rows, material, now, parts), random);
  if (!hasMoved) report.addEntropyChange(learner.device, rows, material, now, update);
  learner.accumulate(rows.groups, update, temperature, dropout);
  report.addUpdate(update);
}
