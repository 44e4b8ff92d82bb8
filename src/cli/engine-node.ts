/** The engine of this machine. Heavy parts are loaded by the verb that needs them, so that `--help` and `plan` answer at once. */

import { createHash } from 'node:crypto';
import type { Prompt } from '../data/prompt.ts';
import type { ScoredRollout } from '../engines/scorer.ts';
import type { BuiltPolicy } from '../recipe/build.ts';
import type { Recipe } from '../recipe/recipe.ts';
import type { BuildServices } from '../recipe/services.ts';
import type { CompletionSample } from '../trainer/observer.ts';
import type { Engine, SampleRequest } from './engine.ts';

/** What WebGPU promises everywhere; a plan is made for that. */
const portableBindingBytes = 128 * 2 ** 20;

export const engineNode: Engine = {
  async train(recipe, { adapter, store, attempt, observer, signal }) {
    const { buildRun, trainOptions } = await import('../recipe/build.ts');
    const { train } = await import('../trainer/train.ts');
    return onDevice(adapter, async (services, deviceName, reason) => {
      await observer.note(`adapter ${deviceName}: ${reason}`);
      const job = await buildRun(recipe, services, deviceName);
      return train(job, store, observer, trainOptions(recipe, { attempt, recipeHash: hashOf(recipe), deviceName }), signal);
    });
  },

  async evaluate(recipe, { adapter, observer, signal }) {
    const { buildPolicy } = await import('../recipe/build.ts');
    const { evaluationSets } = await import('../recipe/build-data.ts');
    const { evaluate } = await import('../trainer/evaluate.ts');
    const { Random } = await import('../base/random.ts');
    return onDevice(adapter, async (services, deviceName, reason) => {
      await observer.note(`adapter ${deviceName}: ${reason}`);
      const built = await buildPolicy(recipe, services);
      const metrics: Record<string, number> = {};
      for (const set of evaluationSets(recipe, built.prompts.evaluation, built.sampling)) {
        if (signal.aborted) break;
        Object.assign(metrics, (await evaluate(built, set, Random.seeded(recipe.seed).at(0))).metrics);
      }
      return metrics;
    });
  },

  async sample(recipe, request) {
    const { buildPolicy } = await import('../recipe/build.ts');
    const { Random } = await import('../base/random.ts');
    return onDevice(request.adapter, async (services) => {
      const built = await buildPolicy(recipe, services);
      const prompts = chosenPrompts(built, request);
      const rollouts = await built.sampler.sample(prompts.map(built.encode), built.sampling, Random.seeded(recipe.seed).fork('sample'));
      return (await built.scorer.score(prompts, rollouts)).map(sampleOf);
    });
  },

  async plan(recipe) {
    const { planBytes } = await import('../recipe/plan.ts');
    const { nodeServices } = await import('../recipe/services-node.ts');
    const { traitsOf } = await import('../gpu/traits.ts');
    return planBytes(recipe, nodeServices, traitsOf('portable', { maxBindingBytes: portableBindingBytes }));
  },

  async doctor(options, out) {
    const { doctor } = await import('./doctor.ts');
    return doctor(options, out);
  },
};

/** Opens the adapter, works, and closes the device however the work ends. */
async function onDevice<T>(choice: string, work: (services: BuildServices, deviceName: string, reason: string) => Promise<T>): Promise<T> {
  const { openDevice } = await import('../gpu/open-device-node.ts');
  const { nodeServices } = await import('../recipe/services-node.ts');
  const { device, adapter } = await openDevice(choice);
  try {
    return await work(nodeServices(device), adapter.name, adapter.reason);
  } finally {
    device.close();
  }
}

/** The prompt that was typed (with its columns, where it is one of the recipe's), or the first held-out ones. */
function chosenPrompts({ prompts }: BuiltPolicy, { prompt, prompts: count }: SampleRequest): readonly Prompt[] {
  const known = [...(prompts.evaluation?.prompts ?? []), ...prompts.train.prompts];
  if (prompt === null) return known.slice(0, count);
  return [known.find(({ text }) => text === prompt) ?? { id: 'prompt', source: 'prompt', text: prompt, columns: {} }];
}

function sampleOf({ completion, reward, parts, rollout }: ScoredRollout): CompletionSample {
  return {
    prompt: completion.prompt.text ?? '',
    completion: completion.text,
    reward,
    rewards: Object.fromEntries(Object.entries(parts).map(([name, { score }]) => [name, score ?? NaN])),
    finishReason: rollout.finishReason,
  };
}

/** Names the recipe, so that a checkpoint of another is told apart. */
function hashOf(recipe: Recipe): string {
  return createHash('sha256').update(JSON.stringify(recipe)).digest('hex').slice(0, 16);
}
