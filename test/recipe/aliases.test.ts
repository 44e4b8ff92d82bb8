import { describe, expect, it } from 'vitest';
import { advice } from '../../src/recipe/alias-advice.ts';
import { aliases } from '../../src/recipe/alias-table.ts';
import { recipeJsonSchema, schemaAt } from '../../src/recipe/json-schema.ts';
import { complete, issuesIn, readFrom } from './read-text.ts';

describe('the table of aliases', () => {
  it('leads to keys of the recipe, and takes no key of ours', () => {
    const schema = recipeJsonSchema();
    const targets = aliases.flatMap(({ to }) => to);
    expect(targets.filter((key) => !schemaAt(key.split('.'), schema))).toEqual([]);
    const names = [...aliases.filter(({ beside }) => !beside).map(({ from }) => from), ...Object.keys(advice)];
    expect(names.filter((key) => schemaAt(key.split('.'), schema))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('recipes in other dialects', () => {
  it('are read where a key is a plain rename, and say so (TRL)', async () => {
    const text = `${complete}learning_rate: 1.0e-5\nnum_generations: 8\nmax_completion_length: 512\nbeta: 0.04\nepsilon: 0.1\nepsilon_high: 0.3\nloss_type: dapo\ntop_k: 0\nscale_rewards: false\nmax_steps: 200\nsave_steps: 50\n`;
    const { recipe, notes } = await readFrom(text);
    expect(recipe).toMatchObject({ steps: 200, optim: { lr: 1e-5 }, rollout: { n: 8, maxTokens: 512, topK: null }, checkpoint: { every: 50 } });
    expect(recipe.algorithm).toMatchObject({ klCoef: 0.04, clipLow: 0.1, clipHigh: 0.3, lossAgg: 'token-mean', advantageScale: 'none' });
    expect(notes).toContain('r.yaml:4:1: learning_rate is read as optim.lr.');
  });

  it('are read from dotted overrides and nested files (verl)', async () => {
    const overrides = [
      'actor_rollout_ref.actor.optim.lr=1e-5',
      'data.train_batch_size=16',
      'actor.ppo_mini_batch_size=8',
      'trainer.test_freq=-1',
      'actor_rollout_ref.rollout.n=4',
    ];
    const text = `${complete}actor_rollout_ref:\n  actor:\n    clip_ratio_c: 10.0\n    kl_loss_type: low_var_kl\nalgorithm: { norm_adv_by_std_in_grpo: false }\n`;
    const { recipe } = await readFrom(text, { overrides });
    expect(recipe).toMatchObject({ optim: { lr: 1e-5 }, batch: { prompts: 16, updatePrompts: 8 }, eval: { every: null }, rollout: { n: 4 } });
    expect(recipe.algorithm).toMatchObject({ clipDual: 10, klEstimator: 'k3', advantageScale: 'none' });
  });

  it('name a loss, whose bounds are then its own (CISPO of TRL and of verl, the Cov methods of verl)', async () => {
    const ofTrl = await readFrom(`${complete}loss_type: cispo\nepsilon_high: 4\n`);
    expect(ofTrl.recipe.algorithm).toMatchObject({ name: 'cispo', cispo: { cap: 4, floor: 0, clipHigh: null }, lossAgg: 'token-mean' });
    const verl = (loss: string) => readFrom(`${complete}algorithm: { adv_estimator: grpo }\nactor_rollout_ref: { actor: { ${loss} } }\n`);
    const ofVerl = await verl('clip_ratio_low: 1, clip_ratio_high: 3, policy_loss: { loss_mode: cispo }');
    expect(ofVerl.recipe.algorithm).toMatchObject({ name: 'cispo', cispo: { clipLow: 1, clipHigh: 3 } });
    const klCov = await verl('policy_loss: { loss_mode: kl_cov, kl_cov_ratio: 0.002, ppo_kl_coef: 0.1 }');
    expect(klCov.recipe.algorithm).toMatchObject({ name: 'kl_cov', klCov: { share: 0.002, coef: 0.1 } });
    const vanilla = await verl('clip_ratio_high: 0.3, policy_loss: { loss_mode: vanilla }');
    expect(vanilla.recipe.algorithm).toMatchObject({ name: 'grpo', clipHigh: 0.3, cispo: null });
  });

  it('mean the same on the command line as in a file, whichever key comes first', async () => {
    const verl = await readFrom(complete, {
      overrides: ['actor.clip_ratio_high=3', 'actor.policy_loss.loss_mode=cispo', 'actor.clip_ratio_low=1', 'algorithm.adv_estimator=grpo'],
    });
    expect(verl.recipe.algorithm).toMatchObject({ name: 'cispo', cispo: { clipLow: 1, clipHigh: 3 }, clipHigh: 0.2 });
    const trl = await readFrom(`${complete}loss_type: cispo\n`, { overrides: ['epsilon_high=3'] });
    expect(trl.recipe.algorithm).toMatchObject({ name: 'cispo', cispo: { cap: 3 }, clipHigh: 0.2 });
  });

  it('charge a KL to rewards where verl does, and make no term of the loss of it where verl has none', async () => {
    const kl = 'kl_ctrl: { kl_coef: 0.001 }, kl_penalty: kl';
    const charged = await readFrom(`${complete}algorithm: { use_kl_in_reward: true, ${kl} }\n`);
    expect(charged.recipe.algorithm).toMatchObject({ klCoef: 0.001, klInReward: true, klEstimator: 'k1' });
    for (const off of ['use_kl_in_reward: false, ', '']) {
      const issues = await issuesIn(`${complete}algorithm: { ${off}${kl} }\n`);
      expect(issues.get('algorithm.kl_ctrl.kl_coef')!.message).toContain('with algorithm.use_kl_in_reward: true alone');
    }
  });

  it('say what to write in place of a key inside a block of theirs', async () => {
    const issues = await issuesIn(`${complete}actor_rollout_ref: { actor: { use_kl_loss: true, kl_loss_coef: 0.01 } }\n`);
    expect(issues.get('actor_rollout_ref.actor.use_kl_loss')!.message).toContain('algorithm.kl_coef is off at 0');
  });

  it('take over the two-sided clip of TRL', async () => {
    expect((await readFrom(`${complete}delta: 2\n`)).recipe.algorithm.clipDelta).toBe(2);
    expect((await issuesIn(`${complete}delta: 1.1\n`)).get('algorithm.clip_delta')!.message).toContain('more than 1 + clip_high');
  });

  it('are refused with advice where a key means something else', async () => {
    const issues = await issuesIn(`${complete}gradient_accumulation_steps: 8\nloss_type: bnpo\nlearning_rate: 1e-5\noptim: { lr: 1e-5 }\n`);
    expect(issues.get('gradient_accumulation_steps')!.message).toContain('Count in prompts');
    expect((await issuesIn(`${complete}ref: { sync_every: 5 }`)).get('ref.sync_every')!.message).toContain('stays as it was');
    expect(issues.get('loss_type')!.message).toContain('Write algorithm.loss_agg instead');
    expect(issues.get('learning_rate')!.message).toBe('expected one of learning_rate and optim.lr, got both.');
  });
});
