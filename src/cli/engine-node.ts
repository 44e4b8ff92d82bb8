/** The engine of this machine. Heavy parts are loaded by the verb that needs them, so that `--help` answers at once. */

import { DataError } from '../base/errors.ts';
import { type Prompt, promptText } from '../data/prompt.ts';
import type { Question } from '../recipe/ask.ts';
import type { Recipe } from '../recipe/recipe.ts';
import type { Engine, EvaluateServices, ExportServices, SampleRequest, TrainServices } from './engine.ts';

export const engineNode: Engine = {
  train: trainHere,
  evaluate: evaluateHere,
  sample: sampleHere,
  export: exportHere,
  ask: askHere,
  viewData: viewDataHere,
  plan: async (recipe) => (await planner()).plan(recipe),
  planChanges: async (recipe) => (await planner()).changes(recipe),
  async doctor(options, out) {
    const { doctor } = await import('./doctor.ts');
    return doctor(options, out);
  },
};

async function trainHere(recipe: Recipe, services: TrainServices) {
  const { runRecipe } = await import('../recipe/run-node.ts');
  return runRecipe(recipe, services);
}

async function evaluateHere(recipe: Recipe, { adapter, observer }: EvaluateServices) {
  const { build, services, opened } = await prepare(adapter);
  const [{ evaluate }, { Random }, { evaluationSets }] = await Promise.all([
    import('../trainer/evaluate.ts'),
    import('../base/random.ts'),
    import('../recipe/build-data.ts'),
  ]);
  const built = await build.buildPolicy(recipe, services);
  const metrics: Record<string, number> = {};
  for (const set of evaluationSets(recipe, built.prompts.evaluation, built.sampling)) {
    const { metrics: measured, scored } = await evaluate(built, set, Random.seeded(recipe.seed).at(0));
    Object.assign(metrics, measured);
    await observer.evaluated(
      0,
      measured,
      scored.map(({ completion, reward, rollout }) => ({
        prompt: promptText(completion.prompt),
        completion: completion.text,
        reward,
        rewards: {},
        finishReason: rollout.finishReason,
      })),
    );
  }
  opened.device.close();
  return metrics;
}

async function sampleHere(recipe: Recipe, { adapter, prompt, prompts: count, temperature }: SampleRequest) {
  const { build, services, opened } = await prepare(adapter);
  const [{ Random }, { createScorer }] = await Promise.all([import('../base/random.ts'), import('../engines/scorer.ts')]);
  const built = await build.buildPolicy(recipe, services);
  const known = (built.prompts.evaluation ?? built.prompts.train).prompts;
  const asked = prompt === null ? known.slice(0, count) : [givenPrompt(prompt, known)];
  const isTyped = asked.some((one) => !known.includes(one));
  const [length, room] = [Math.max(...asked.map((one) => built.encode(one).length)), built.prompts.longest];
  if (length > room) {
    throw new DataError(
      `prompt: expected at most ${room} tokens, as many as the longest of the data, got ${length}. Ask the model itself: sample --model <folder> "…".`,
    );
  }
  const sampling = temperature === undefined ? built.sampling : { ...built.sampling, temperature, ...(temperature === 0 && { n: 1 }) };
  const rollouts = await built.sampler.sample(asked.map(built.encode), sampling, Random.seeded(recipe.seed).fork('sample'));
  // A reward may need more than the words that were typed: its verdict is then left out, and told.
  const scored = await built.scorer.score(asked, rollouts).catch((error: unknown) => {
    if (!isTyped || !(error instanceof DataError)) throw error;
    process.stderr.write(`note: not scored: ${error.message}\n`);
    return createScorer([], (tokens) => built.policy.tokenizer.decode(tokens)).score(asked, rollouts);
  });
  opened.device.close();
  return scored.map(({ completion, reward, parts, rollout }) => ({
    prompt: promptText(completion.prompt),
    completion: completion.text,
    reward,
    rewards: Object.fromEntries(Object.entries(parts).map(([name, { score }]) => [name, score ?? Number.NaN])),
    finishReason: rollout.finishReason,
    ids: Array.from(rollout.tokens),
    logProbs: Array.from(rollout.logProbs),
  }));
}

async function exportHere(recipe: Recipe, { adapter, target, ...request }: ExportServices) {
  const [{ exportPolicy }, { openExportPlace }] = await Promise.all([import('../recipe/export.ts'), import('../recipe/export-place-node.ts')]);
  const place = await openExportPlace(target); // what is in the way is said before anything is loaded
  const { services, opened } = await prepare(adapter);
  const exported = await exportPolicy(recipe, services, place, request);
  opened.device.close();
  return exported;
}

/** A prompt typed in: one of the data's where it is the same, else of the same kind as they are. */
function givenPrompt(typed: string, known: readonly Prompt[]): Prompt {
  const own = { id: 'given', source: 'given', columns: {} };
  const isSame = ({ text, messages }: Prompt) => text === typed || (messages?.length === 1 && messages[0]!.content === typed);
  const isChat = known[0]?.messages !== undefined;
  return known.find(isSame) ?? (isChat ? { ...own, messages: [{ role: 'user', content: typed }] } : { ...own, text: typed });
}

async function askHere(question: Question, { adapter }: { readonly adapter: string }) {
  const { services, opened } = await prepare(adapter);
  const { askModel } = await import('../recipe/ask.ts');
  const answers = await askModel(question, services);
  opened.device.close();
  return answers;
}

async function viewDataHere(recipe: Recipe) {
  const [{ viewData }, { nodeServices }, { PlanningDevice }, { traitsOf }] = await Promise.all([
    import('../recipe/data-view.ts'),
    import('../recipe/services-node.ts'),
    import('../gpu/planning-device.ts'),
    import('../gpu/traits.ts'),
  ]);
  return viewData(recipe, nodeServices(new PlanningDevice(traitsOf('software', { maxBindingBytes: 128 * 2 ** 20 }))));
}

async function planner() {
  const [{ planBytes, planChanges }, { planServices }, { traitsOf }] = await Promise.all([
    import('../recipe/plan.ts'),
    import('../recipe/plan-services-node.ts'),
    import('../gpu/traits.ts'),
  ]);
  const [services, traits] = [planServices(), traitsOf('software', { maxBindingBytes: 128 * 2 ** 20 })];
  return { plan: (recipe: Recipe) => planBytes(recipe, services, traits), changes: (recipe: Recipe) => planChanges(recipe, services, traits) };
}

async function prepare(adapter: string) {
  const [{ openDevice }, build, { nodeServices }] = await Promise.all([
    import('../gpu/open-device-node.ts'),
    import('../recipe/build.ts'),
    import('../recipe/services-node.ts'),
  ]);
  const opened = await openDevice(adapter);
  return { opened, build, services: nodeServices(opened.device, { note: (message) => void process.stderr.write(`${message}\n`) }) };
}
