import { describe, expect, it } from 'vitest';
import { RecipeError } from '../../src/base/errors.ts';
import { originInWords, partAt } from '../../src/recipe/located.ts';
import { placed } from '../../src/recipe/read.ts';
import { trainRecipe } from '../../src/recipe/run-node.ts';
import { complete, issuesIn, readFrom } from './read-text.ts';

describe('the text of a recipe', () => {
  it('that cannot be read is a fault that people can mend, for programs too', async () => {
    await expect(trainRecipe('none.yaml')).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(/^expected a recipe file, got .*none\.yaml, which/),
    });
  });
});

describe('layers of a recipe', () => {
  it('fills what is not written with defaults, at every depth', async () => {
    const { recipe } = await readFrom(complete);
    expect(recipe.optim).toMatchObject({ lr: 1e-6, betas: [0.9, 0.999], maxGradNorm: 1 });
    expect(recipe.algorithm.klClamp).toEqual({ logRatio: 20, k3: 10 });
    expect(recipe.reward).toEqual([{ use: 'exact', weight: 1, args: {}, when: null }]);
  });

  it('lets the file win over the preset and the command line over both, left to right', async () => {
    const text = `${complete}algorithm: { name: dapo, clip_low: 0.1 }\noptim: { lr: 1e-5 }\n`;
    const { recipe, located } = await readFrom(text, { overrides: ['optim.lr=2e-5', 'optim.lr=3e-5'] });
    expect(recipe.algorithm).toMatchObject({ clipLow: 0.1, clipHigh: 0.28, clipDual: 10 });
    expect(recipe.optim.lr).toBe(3e-5);
    const origin = (key: string) => originInWords(partAt(located, key.split('.'))!.origin);
    expect(origin('algorithm.clip_low')).toBe('r.yaml:4:26');
    expect(origin('algorithm.clip_high')).toBe('preset dapo');
    expect(origin('optim.lr')).toBe('command line');
    expect(origin('optim.eps')).toBe('default');
  });

  it('takes the preset from the command line too', async () => {
    const { recipe } = await readFrom(complete, { overrides: ['algorithm.name=dr_grpo'] });
    expect(recipe.algorithm).toMatchObject({ advantageScale: 'none', lossAgg: 'seq-mean-token-sum-norm' });
  });

  it('builds on another recipe, whose keys it overrides', async () => {
    const files = { 'base.yaml': `${complete}steps: 7\nrollout: { n: 4, max_tokens: 9 }\n` };
    const { recipe } = await readFrom('recipe: base.yaml\nrollout: { n: 6 }\n', { files });
    expect([recipe.steps, recipe.rollout.n, recipe.rollout.maxTokens]).toEqual([7, 6, 9]);
  });

  it('refuses recipes that build on each other', async () => {
    const files = { 'a.yaml': 'recipe: b.yaml', 'b.yaml': 'recipe: a.yaml' };
    await expect(readFrom('recipe: a.yaml', { files })).rejects.toThrow('got a.yaml twice');
  });

  it('changes single entries of lists, from the file and from the defaults', async () => {
    const { recipe } = await readFrom(complete, { overrides: ['optim.betas.1=0.95', 'reward[0].weight=2', 'reward.1={use: format, weight: 0.2}'] });
    expect(recipe.optim.betas).toEqual([0.9, 0.95]);
    expect(recipe.reward.map(({ use, weight }) => [use, weight])).toEqual([
      ['exact', 2],
      ['format', 0.2],
    ]);
    expect((await issuesIn(complete, { overrides: ['reward.2.use=x'] })).get('reward.2')!.message).toContain('0 to 1, got 2');
  });

  it('reads JSON', async () => {
    const { recipe } = await readFrom('{"model":{"path":"m"},"data":{"train":"p"},"reward":[{"use":"x"}],"optim":{"lr":1e-5}}');
    expect(recipe.optim.lr).toBe(1e-5);
  });

  it('names a run after its file', async () => {
    expect((await readFrom(complete)).values.run.name).toBe('r');
    expect((await readFrom(complete, { overrides: ['run.name=b-2'] })).values.run.name).toBe('b-2');
  });
});

describe('values', () => {
  it('reads values of the command line as YAML, and leaves texts alone that only look like it', async () => {
    const overrides = ['data.train=Answer: yes #1', 'rollout.stop=["a b", c]', 'rollout.top_k=null', 'data.shuffle=false'];
    const { recipe } = await readFrom(complete, { overrides });
    expect(recipe.data).toMatchObject({ train: 'Answer: yes #1', shuffle: false });
    expect(recipe.rollout).toMatchObject({ stop: ['a b', 'c'], topK: null });
  });

  it('puts environment variables in, as numbers where they stand alone', async () => {
    const text = `${complete}optim: { lr: "\${LR}" }\nrun: { dir: "\${HOME}/runs" }\neval: { data: "$\${LITERAL}" }\n`;
    const { recipe } = await readFrom(text, { environment: { LR: '1e-4', HOME: '/h' } });
    expect(recipe.optim.lr).toBe(1e-4);
    expect(recipe.run.dir).toBe('/h/runs');
    expect(recipe.eval.data).toBe('${LITERAL}');
    expect((await issuesIn('run: { dir: "${GONE}" }')).get('run.dir')).toMatchObject({ at: 'r.yaml:1:8' });
  });
});

describe('what is wrong with a recipe', () => {
  const text = `stepz: 10
optim: { lr: fast, betas: [0.9], warmup: 3 }
algorithm:
  name: grop
  clip_hihg: 0.3
rollout: { n: 1 }
batch: { prompts: 10, update_prompts: 4 }
reward: [{ usee: x }]
lr: 1e-5
model: { path: m, init: { width: 8 } }
`;

  it('is told all at once, each with its line, column and remedy', async () => {
    const issues = await issuesIn(text, { overrides: ['eval.k=3', 'data.train=p'] });
    const told = (path: string) => `${issues.get(path)?.at} ${issues.get(path)?.message}`;
    expect(told('stepz')).toBe('r.yaml:1:1 expected a key of the recipe, got stepz. Did you mean steps?');
    expect(told('optim.lr')).toBe('r.yaml:2:10 expected a number ≥ 0, got "fast".');
    expect(told('optim.betas')).toContain('expected a list of 2');
    expect(told('optim.warmup')).toContain('Did you mean warmup_steps?');
    expect(told('algorithm.name')).toMatch(/^r\.yaml:4:3 expected one of grpo, .*Did you mean grpo\?$/);
    expect(told('algorithm.clip_hihg')).toBe('r.yaml:5:3 expected a key of algorithm, got clip_hihg. Did you mean clip_high?');
    expect(told('reward.0.usee')).toContain('Did you mean use?');
    expect(told('reward.0.use')).toContain('expected text, got nothing');
    expect(told('lr')).toContain('Did you mean optim.lr?');
    expect(told('rollout.n')).toContain('expected 2 or more, got 1');
    expect(told('batch.update_prompts')).toContain('divisor of batch.prompts (10), got 4. Nearest: 2 or 5');
    expect(told('model.init.layers')).toContain('expected a whole number ≥ 1, got nothing');
    expect(told('eval.k')).toBe('command line expected at most eval.n (1), got 3. pass@3 needs 3 completions of each prompt.');
  });

  it('is told in the order of its lines, and then what the command line has', async () => {
    const issues = [...(await issuesIn(text, { overrides: ['eval.k=3', 'data.train=p'] })).values()];
    const lines = issues.map(({ at }) => Number(/^r\.yaml:(\d+)/.exec(at ?? '')?.[1] ?? Number.POSITIVE_INFINITY));
    expect(new Set(lines).size).toBeGreaterThan(7);
    expect(lines).toEqual(lines.toSorted((a, b) => a - b));
  });

  it('includes keys that must agree', async () => {
    expect((await issuesIn('reward: [{ use: x }]')).get('model')!.message).toContain('got neither');
    expect((await issuesIn(`${complete}eval: { data: heldout }`)).get('eval.data')!.message).toContain('Only a task has held-out prompts');
    expect((await issuesIn('model: { path: m }\ndata: { train: p }')).get('reward')!.message).toContain('at least one reward');
    expect((await issuesIn(`${complete}checkpoint: { keep_best: eval/x/mean@1 }`)).get('checkpoint.keep_best')!.message).toContain('eval.data to be set');
    expect((await issuesIn(`${complete}steps: 5\noptim: { schedule: linear, warmup_steps: 5 }`)).get('optim.warmup_steps')!.message).toContain(
      'fewer than the 5 steps',
    );
    expect(await issuesIn(`${complete}rollout: { n: 1 }\nalgorithm: { advantage_center: none }`)).toEqual(new Map());
  });

  it('places what is missing where it would be written, not in a preset', async () => {
    const missing = await issuesIn('seed: 1\nalgorithm: { nam: grpo }\n');
    expect(['model', 'data', 'reward', 'algorithm.nam'].map((key) => missing.get(key)?.at)).toEqual(['r.yaml:1:1', 'r.yaml:1:1', 'r.yaml:1:1', 'r.yaml:2:14']);
    expect((await issuesIn('', { overrides: ['seed=1'] })).get('model')!.at).toBe('r.yaml');
  });

  it('suggests the key beside it where one slip lies between, rather than one of that name elsewhere', async () => {
    expect((await issuesIn(`${complete}step: 3`)).get('step')!.message).toContain('Did you mean steps?');
    expect((await issuesIn(`${complete}lr: 3`)).get('lr')!.message).toContain('Did you mean optim.lr?');
  });

  it('includes YAML that cannot be read, and nothing besides', async () => {
    const issues = await issuesIn('seed: 1\nseed: 2\n');
    expect([...issues.values()]).toEqual([{ path: '', at: 'r.yaml:2:1', message: 'expected each key once in its block, got this one again. Remove either.' }]);
    expect([...(await issuesIn('seed: 1\n---\nseed: 2\n')).values()][0]!.message).toContain('expected one recipe, got a second one after “---”');
    await expect(readFrom('- 1')).rejects.toThrow('expected a map of recipe keys');
  });

  it('includes keys that would reach into objects, without touching any', async () => {
    await expect(readFrom('__proto__: { polluted: 1 }')).rejects.toThrow('got __proto__');
    await expect(readFrom(complete, { overrides: ['constructor.prototype.polluted=1'] })).rejects.toThrow(RecipeError);
    expect('polluted' in {}).toBe(false);
  });

  it('includes anchors that multiply', async () => {
    const bomb = [
      'a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]',
      'b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]',
      'c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]',
      'd: [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]',
    ];
    await expect(readFrom(bomb.join('\n'))).rejects.toThrow('expected at most 10000 values');
  });

  it('gets its place when it is found later', async () => {
    const loaded = await readFrom(complete);
    const work = () => Promise.reject(new RecipeError([{ path: 'reward.0.use', message: 'expected a reward.' }]));
    await expect(placed(loaded, work)).rejects.toMatchObject({ issues: [{ path: 'reward.0.use', at: 'r.yaml:3:12' }] });
  });
});

describe('remarks', () => {
  it('name keys without effect, and only those that were written', async () => {
    expect((await readFrom(complete)).notes).toEqual([]);
    const { notes } = await readFrom(`${complete}algorithm: { clip_high: 0.3, loss_scale_factor: 9 }\nrollout: { top_p: 0.9 }\n`);
    expect(notes).toHaveLength(3);
    expect(notes.join()).toContain('no effect with one update a step');
    expect((await readFrom(`${complete}method: sft\nrollout: { n: 4 }`)).notes.join()).toContain('rollout.n: not read by method sft');
  });
});
