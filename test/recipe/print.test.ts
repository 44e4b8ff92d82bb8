import { describe, expect, it } from 'vitest';
import { printedRecipe, readPrintedRecipe } from '../../src/recipe/print.ts';
import { issuesOnResume } from '../../src/recipe/resume-check.ts';
import { complete, readFrom } from './read-text.ts';

describe('a printed recipe', () => {
  it('names the origin of each value', async () => {
    const { located } = await readFrom(`${complete}optim: { lr: 1e-5 }\n`, { overrides: ['seed=3', 'optim.betas.1=0.95'] });
    const text = printedRecipe(located, { origins: 'all' });
    expect(text).toContain('seed: 3 # command line\n');
    expect(text).toContain('  lr: 0.00001 # r.yaml:4:10\n');
    expect(text).toContain('  betas: [ 0.9, 0.95 ] # command line\n');
    expect(text).toContain('  clip_low: 0.2 # preset grpo\n');
    expect(text).toContain('  eps: 1e-8 # default\n');
    expect(text).toContain('    weight: 1 # default\n');
    expect(printedRecipe(located, { origins: 'written' })).not.toContain('# default');
  });

  it('can be read again, to the same recipe', async () => {
    const first = await readFrom(`${complete}data: { train: "a: #b\\n\\tc" }\nrollout: { stop: ["\\n", "null"] }\n`.replace('data: { train: p.jsonl }\n', ''));
    const text = printedRecipe(first.located, { origins: 'all' });
    expect(readPrintedRecipe(text)).toEqual(first.values);
    expect((await readFrom(text)).values).toEqual(first.values);
  });
});

describe('a resumed recipe', () => {
  it.each(['', 'steps: [', '- 1'])('that was damaged (%j) is told in one sentence', (text) => {
    expect(() => readPrintedRecipe(text)).toThrow(/^config\.resolved\.yaml: expected the recipe of the run that is resumed, got a file that cannot be read\./);
  });

  it('may change what does not touch learning, and nothing else', async () => {
    const [before, now] = [
      await readFrom(complete),
      await readFrom(complete, { overrides: ['steps=500', 'eval.every=3', 'log.every=2', 'optim.lr=1e-3', 'rollout.stop=[a]'] }),
    ];
    expect(issuesOnResume(before.values, before.values)).toEqual([]);
    expect(issuesOnResume(before.values, now.values).map(({ path }) => path)).toEqual(['rollout.stop', 'optim.lr']);
    const { guards: _, ...older } = before.values;
    expect(issuesOnResume(older, before.values)).toEqual([]);
    expect(issuesOnResume(before.values, now.values)[1]!.message).toContain('expected 0.000001, as in the run that is resumed, got 0.001');
  });
});
