import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DataError, GuardError, Interrupted, PreflightError } from '../../src/base/errors.ts';
import { Workplace } from './surroundings.ts';

let place: Workplace;
beforeAll(async () => {
  place = await Workplace.open();
});
afterAll(() => rm(place.folder, { recursive: true }));

describe('usage', () => {
  it('that is wrong ends with 2 and says what was meant', async () => {
    const told = async (...words: string[]) => {
      const { code, out, err } = await place.run(...words);
      expect(code).toBe(2);
      expect(out).toBe('');
      return err;
    };
    expect(await told('trian')).toContain('(Did you mean train?)');
    expect(await told('train', '--jso')).toContain('(Did you mean --json?)');
    expect(await told('train', 'gpro')).toContain('got "gpro". Did you mean grpo?');
    expect(await told('train', '--stepz', '3')).toContain('command line stepz: expected a key of the recipe, got stepz. Did you mean steps?');
    expect(await told('train', 'optim.lrr=1')).toContain('Did you mean lr?');
    expect(await told('train', 'grpo', 'sft')).toBe('command line: expected a recipe file or key=value, got "sft".\n');
    expect(await told('train', 'a.yaml', 'b.yaml')).toContain('got "b.yaml" too');
    expect(await told('train', 'none.yaml')).toBe('expected a recipe file, got none.yaml, which cannot be read.\n');
    const text = join(place.folder, 'latin-1.yaml');
    await writeFile(text, Uint8Array.from([0x23, 0x20, 0xe9]));
    expect(await told('train', text)).toBe(`expected a recipe file, got ${text}, which is not text in UTF-8.\n`);
    expect(await told('train', place.folder)).toBe(
      `${place.folder}: expected a recipe file or the folder of a run, got a folder without config.resolved.yaml.\n`,
    );
    expect(await told('train', 'models/make-the-number')).toBe(
      'models/make-the-number: expected a recipe or the folder of a run, got a model. Name the model in a recipe: model.path=models/make-the-number.\n',
    );
    expect(await told('doctor', 'x=1')).toContain('too many arguments');
    expect(await told()).toContain('Usage: entrain');
  });

  it('that asks for help or the version ends with 0', async () => {
    const version = await place.run('--version');
    expect(version).toEqual({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), err: '' });
    const help = await place.run('train', '--help');
    expect(help.code).toBe(0);
    expect(help.out).toContain('--print-config');
    expect((await place.run('--help')).out).toContain('4 stopped by a guard; 130 interrupted');
  });

  it('of a recipe with several faults tells each on its line, or as JSON', async () => {
    const plain = await place.run('plan', 'rollout.n=0', 'optim.lr=x');
    expect(plain.err).toMatch(/^2 problems:\n {2}command line rollout\.n: .*\n {2}command line optim\.lr: .*\n$/);
    const json = await place.run('plan', 'rollout.n=0', '--json');
    expect(JSON.parse(json.out)).toMatchObject({ event: 'error', exit_code: 2, kind: 'RecipeError', issues: [{ path: 'rollout.n', at: 'command line' }] });
  });
});

describe('train', () => {
  it('without a recipe makes the number, as the command line changes it', async () => {
    const { code, out } = await place.train('optim.lr=3e-4', '--learning_rate', '1e-4', '--seed=9', '--shuffle_dataset', '--adapter', 'soft');
    expect(code).toBe(0);
    expect(place.seen.at(-1)).toMatchObject({ seed: 9, adapter: 'soft', optim: { lr: 1e-4 }, data: { task: 'make_the_number', shuffle: true }, steps: 4 });
    expect(out).toContain('note: command line: learning_rate is read as optim.lr.');
    expect(out).toContain('n: grpo, 1,234 parameters, 4 steps, on stand-in\n');
    expect(out).toContain('step 2/4  reward  0.20±0.50  ent 0.50  ETA 4.0s\n');
    expect(out).toContain('ent  NaN');
    expect(out).toMatch(/done at step 4 after 1\.0s {2}reward 0\.50\ncheckpoint checkpoints\/step_4\nreport .*report\.html\n$/);
  });

  it('sft warms it up', async () => {
    await place.run('train', 'sft', 'steps=99', `run.dir=${place.folder}`);
    expect(place.seen.at(-1)).toMatchObject({ method: 'sft', run: { name: 'make-the-number-warmup' } });
  });

  it('leaves a complete run folder', async () => {
    await place.train('run.name=folder', 'seed=5');
    const folder = join(place.folder, 'make-the-number', 'folder');
    expect((await readdir(folder)).toSorted()).toEqual([
      'checkpoints',
      'config.resolved.yaml',
      'env.json',
      'logs',
      'metrics.jsonl',
      'recipe.yaml',
      'report.html',
    ]);
    expect(await readFile(join(folder, 'config.resolved.yaml'), 'utf8')).toContain('seed: 5 # command line\n');
    expect(JSON.parse(await readFile(join(folder, 'env.json'), 'utf8'))).toMatchObject({ attempt: 1, device: 'stand-in', parameters: 1234 });
    expect(await readFile(join(folder, 'logs', 'attempt_1.log'), 'utf8')).toContain('step 4/4');
    expect((await readFile(join(folder, 'metrics.jsonl'), 'utf8')).trim().split('\n')).toHaveLength(4);
  });

  it('tells programs in JSON, one event a line', async () => {
    const { out } = await place.train('run.name=json', '--json');
    const events: unknown[] = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.map((event) => Object(event).event)).toEqual(['started', 'step', 'step', 'step', 'step', 'finished']);
    expect(events[3]).toMatchObject({ step: 3, reward: 0.3, entropy: 'NaN' });
  });

  it('is quiet where asked', async () => {
    const { out, err } = await place.train('run.name=quiet', '--quiet');
    expect(out).toMatch(/^done at step 4 .*\ncheckpoint .*\nreport .*\n$/);
    expect(err).toBe('');
  });

  it('stops at the first Ctrl-C with code 130, and quits at the second', async () => {
    place.beforeStep = (step) => {
      if (step === 2) place.signals.emit('SIGINT');
    };
    const { code, out } = await place.train('run.name=stop');
    expect(code).toBe(130);
    expect(out).toContain('note: stopping after this step, with a checkpoint');
    expect(out).toContain('stopped at step 2');
    expect(place.signals.listenerCount('SIGINT')).toBe(0);

    place.beforeStep = (step) => {
      if (step === 2) for (const _ of [1, 2]) place.signals.emit('SIGTERM');
    };
    await place.train('run.name=quit');
    expect(place.quits).toBe(1);
    place.beforeStep = () => {};
  });

  it('goes on with the same recipe, refuses another, and starts over with --fresh', async () => {
    await place.train('run.name=again');
    const other = await place.train('run.name=again', 'optim.lr=1');
    expect(other.code).toBe(2);
    expect(other.err).toBe(
      'command line optim.lr: expected 0.0002, as in the run that is resumed, got 1. Set it back, name another run (run.name=…), or start over with --fresh.\n',
    );
    expect((await place.train('run.name=again', 'eval.every=2')).code).toBe(0);
    const fresh = await place.train('run.name=again', 'optim.lr=1', '--fresh');
    expect(fresh.code).toBe(0);
    expect(fresh.out).toMatch(/note: the earlier run is kept in .*again\.1\n/);
  });

  it('goes on in the folder that is named, though its recipe may have begun elsewhere', async () => {
    await place.train('run.name=moved');
    const [from, to] = ['moved', 'copy'].map((name) => join(place.folder, 'make-the-number', name));
    await cp(from!, to!, { recursive: true });
    const { out } = await place.run('train', to!);
    expect(out).toContain(`report ${to}/report.html`);
    expect(place.seen.at(-1)).toMatchObject({ run: { dir: place.folder, project: 'make-the-number', name: 'copy' } });
    expect([await readdir(join(from!, 'logs')), await readdir(join(to!, 'logs'))]).toEqual([['attempt_1.log'], ['attempt_1.log', 'attempt_2.log']]);
  });

  it.each([
    [new DataError('rows.jsonl:3: expected a prompt, got nothing.'), 1],
    [new PreflightError('gold answers: expected 1, got 0.'), 3],
    [new GuardError('step 2: expected rewards that differ.'), 4],
    [new Interrupted('stopped after step 2.'), 130],
  ])('ends with the code of %s', async (error, code) => {
    place.beforeStep = async () => {
      throw error;
    };
    const told = await place.train('run.name=failing');
    place.beforeStep = () => {};
    expect(told).toMatchObject({ code, err: `${error.message}\n` });
    const logs = join(place.folder, 'make-the-number', 'failing', 'logs');
    const last = (await readdir(logs)).toSorted().at(-1)!;
    expect(await readFile(join(logs, last), 'utf8')).toContain(`error: ${error.message}\n`);
  });

  it('says that a fault of ours is one, without its stack', async () => {
    place.beforeStep = () => Promise.reject(new TypeError('x is undefined'));
    const { code, err } = await place.train('run.name=fault');
    place.beforeStep = () => {};
    expect(code).toBe(1);
    expect(err).toBe('unexpected: x is undefined\nThis is a fault of Entrain. Run again with ENTRAIN_DEBUG=1 for where it happened.\n');
  });

  it('names a folder that cannot be written before anything starts', async () => {
    await writeFile(join(place.folder, 'file'), '');
    const count = place.seen.length;
    const { code, err } = await place.run('train', `run.dir=${place.folder}/file`);
    expect([code, place.seen.length]).toEqual([2, count]);
    expect(err).toMatch(/^command line run\.dir: expected a folder that can be written/);
  });
});

describe('the other verbs', () => {
  it('print the recipe with origins', async () => {
    const { code, out } = await place.run('train', 'optim.lr=1e-4', '--print-config');
    expect(code).toBe(0);
    expect(out).toContain('lr: 0.0001 # command line\n');
    expect(out).toMatch(/n: 8 # .*make-the-number\.yaml:\d+:\d+\n/);
    const json = await place.run('plan', 'optim.lr=1e-4', '--print-config', '--json');
    expect(JSON.parse(json.out)).toMatchObject({ recipe: { optim: { lr: 1e-4 } }, notes: [] });
  });

  it('plan says which settings fit where the run does not', async () => {
    const { out } = await place.run('plan', '--memory', '2MB');
    expect(out).toMatch(/does not fit: 3\.0 MiB of 1\.9 MiB \(--memory\)\. These fit: model\.dtype=q4 lora=\{\}\./);
    expect(out).toMatch(/batch\.micro_tokens=1024 +2\.0 KiB +3\.0 MiB +too large/);
    expect((await place.run('plan', '--memory', '4MB')).out).not.toContain('does not fit');
    expect((await place.run('plan', '--memory', 'much')).code).toBe(2);
  });

  it('plan batches, updates and bytes', async () => {
    const { out } = await place.run('plan', 'algorithm.clip_high=0.3', 'eval.n=8', 'eval.every=15');
    expect(out).toContain('32 prompts × 8 completions = 256 completions, at most 14 tokens each (3,584 in all)');
    expect(out).toContain('4 of 64 completions each a step');
    expect(out).toContain('90 steps, 360 updates, 23,040 completions');
    expect(out).toContain('7 times, 8 completions a prompt');
    expect(out).toContain("algorithm.clip_high 0.3 (command line, not the preset's)");
    expect(out).toMatch(/ {2}cache {4}3\.0 MiB\n {2}weights {2}2\.0 KiB\n {2}total {4}3\.0 MiB\n/);
  });

  it('measure and sample, a run folder too', async () => {
    expect((await place.run('eval')).out).toBe('eval/heldout/mean@1  0.25\n');
    expect((await place.run('eval', 'eval.data=null', 'checkpoint.keep_best=null')).err).toContain('eval.data: expected prompts to measure on');
    expect((await place.run('sample', '--prompt', '15>32=')).out).toBe('15>32=\n   1.00  6+7+8\n');
    await place.train('run.name=trained');
    const folder = join(place.folder, 'make-the-number', 'trained');
    expect((await place.run('plan', folder, '--print-config')).out).toContain(`path: ${join(folder, 'checkpoints/step_4')} # command line`);
    expect((await place.run('eval', place.folder)).err).toContain('got a folder without config.resolved.yaml');
  });

  it('sample a recipe with what is said, and at another temperature', async () => {
    expect((await place.run('sample', 'make 32 of it')).out).toBe('make 32 of it\n   1.00  6+7+8\n');
    expect((await place.run('sample', '--temperature', 'warm')).err).toContain('--temperature: expected 0 or more, got "warm"');
    expect((await place.run('sample', '--prompts', 'all')).err).toContain('--prompts: expected a whole number of at least 1, got "all"');
  });

  it('ask a model without a recipe', async () => {
    const asked = await place.run('sample', '--model', 'some/model', '--temperature', '0', 'What is 17 + 25?');
    expect(asked).toEqual({ code: 0, out: 'What is 17 + 25? at 0\n', err: '' });
    expect((await place.run('sample', '--model=some/model', 'What', 'is', 'a=b?')).out).toBe('What is a=b? at 1\n');
    const { out } = await place.run('sample', '--model', 'some/model', '--json', '--prompt', 'Why?');
    expect(JSON.parse(out)).toMatchObject({ event: 'completion', prompt: 'Why?', completion: 'Why? at 1', ids: [5] });
    const silent = await place.run('sample', '--model', 'some/model');
    expect(silent.code).toBe(2);
    expect(silent.err).toContain('expected a question for some/model, got none');
    expect((await place.run('sample', '--model', 'some/model', '--n', '0', 'Why?')).err).toContain('--n: expected a whole number of at least 1, got "0"');
  });

  it('doctor ends with its own code', async () => {
    expect(await place.run('doctor')).toEqual({ code: 1, out: 'all well\n', err: '' });
  });
});

describe('data show', () => {
  it('prints the first prompt, its ids and the mask, with warnings apart', async () => {
    const { code, out, err } = await place.run('data', 'show');
    expect(code).toBe(0);
    expect(err).toBe('warning: sums: take care.\n');
    expect(out).toContain('sums: 3 prompts of 2 to 9 tokens, median 4\n');
    expect(out).toContain('first prompt (sums.jsonl:1)\n  <user>\n  Hi\n');
    expect(out).toContain('its 3 ids\n  7 <user> · 8 "\\n" · 9 Hi\n');
    expect(out).toContain('  3 × 0  the prompt\n  at most 16 × 1  the completion');
    const json = await place.run('data', 'show', '--json', 'rollout.n=4');
    expect(JSON.parse(json.out)).toMatchObject({ prompts: 3, first: { id: 'sums.jsonl:1' } });
  });

  it('is the only thing data does', async () => {
    expect((await place.run('data', 'shwo')).code).toBe(2);
    expect((await place.run('data', 'show', '--jso')).err).toContain('--json');
  });
});
