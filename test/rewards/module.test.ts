import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RecipeError } from '../../src/base/errors.ts';
import { combineRewards } from '../../src/rewards/combine.ts';
import { explainImportFailure, loadRewardModule } from '../../src/rewards/module-node.ts';
import { moduleNamed } from '../../src/rewards/module-reward.ts';
import type { Completion, RewardRow } from '../../src/rewards/reward.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'entrain-rewards-'));
  await writeFile(
    join(folder, 'trl.ts'),
    `
    interface Input { prompts: string[]; completions: string[]; completion_ids: number[][]; level: number[]; bonus?: number; log_metric(name: string, value: number): void; log_extra(name: string, values: unknown[]): void }
    export default async ({ prompts, completions, completion_ids, level, bonus = 0, log_metric, log_extra }: Input) => {
      log_metric('batch', completions.length);
      log_extra('asked', prompts);
      log_extra('object', completions.map(() => ({})));
      return completions.map((text, i) => (text === 'skip' ? null : text.length + 10 * level[i]! + 100 * completion_ids[i]!.length + bonus));
    };
    export const words = ({ completions }: { completions: { role: string; content: string }[][] }) => completions.map((turns) => turns[0]!.role + turns[0]!.content === 'assistanthi');
    export const wrong = () => 3;
    export const bad = ({ completions }: { completions: string[] }) => completions.map((text) => (text === 'b' ? 'high' : 1));
    export const throws = () => { throw new Error('broken on purpose'); };
    export const number = 4;
  `,
  );
  await writeFile(
    join(folder, 'verl.js'),
    `
    export function compute_score({ data_source, solution_str, ground_truth, extra_info, scale = 1 }) {
      if (solution_str === 'throw') throw new Error('cannot read it');
      if (solution_str === 'none') return undefined;
      if (solution_str === 'detail') return { score: 0.5, acc: true, pred: data_source, level: extra_info.level, nested: {} };
      return solution_str === ground_truth ? scale : false;
    }
    export const other = ({ solution_str }) => solution_str.length;
  `,
  );
  await writeFile(join(folder, 'torn.js'), 'export const a = (');
});
afterAll(() => rm(folder, { recursive: true }));

function batchOf(...texts: string[]): Completion[] {
  return texts.map((text, i) => ({
    prompt: {
      id: `p${i}`,
      source: 'set',
      text: `q${i}`,
      answer: 'yes',
      columns: { prompt: `q${i}`, level: i, answer: 'yes' },
    },
    text,
    ids: new Uint32Array(2),
    finishReason: 'stop',
  }));
}

async function score(use: string, batch: readonly Completion[], args: Record<string, unknown> = {}): Promise<readonly RewardRow[]> {
  return (await loadRewardModule(use, { folder, args })).score(batch);
}

describe('TRL’s shape', () => {
  it('gets columns and gives scores', async () => {
    expect(await score('trl.ts', batchOf('a', 'skip', 'ccc'))).toEqual([
      { score: 201, extra: { batch: 3, asked: 'q0' } },
      { score: null, extra: { batch: 3, asked: 'q1' } },
      { score: 223, extra: { batch: 3, asked: 'q2' } },
    ]);
    expect((await score('./trl.ts:default', batchOf('a'), { bonus: 5 }))[0]?.score).toBe(206);
  });

  it('gets a conversation as messages', async () => {
    const batch = batchOf('hi', 'ho').map((completion) => ({
      ...completion,
      prompt: { id: completion.prompt.id, source: 'set', messages: [{ role: 'user', content: 'Hello' }], columns: {} },
    }));
    expect((await score('trl.ts:words', batch)).map((row) => row.score)).toEqual([1, 0]);
  });

  it('fails row by row on what is no score', async () => {
    expect(await score('trl.ts:bad', batchOf('a', 'b'))).toEqual([
      { score: 1, extra: {} },
      { score: null, error: 'p1: Error: expected a score that is a number or null, got "high".', extra: {} },
    ]);
  });

  it('says what a batch must return', async () => {
    await expect(score('trl.ts:wrong', batchOf('a'))).rejects.toThrow(/expected a list of 1 scores, got number.*compute_score/);
    const broken = { reward: await loadRewardModule('trl.ts:throws', { folder }), weight: 1 };
    await expect(combineRewards([broken], batchOf('a', 'b'))).rejects.toThrow(/trl.ts:throws: .*each of 2 completions, first: Error: broken on purpose/);
  });
});

describe('verl’s shape', () => {
  it('is asked one completion at a time', async () => {
    expect(await score('verl.js', batchOf('yes', 'no', 'detail', 'throw', 'none'))).toEqual([
      { score: 1 },
      { score: 0 },
      { score: 0.5, extra: { acc: true, pred: 'set', level: 2 } },
      { score: null, error: 'p3: Error: cannot read it' },
      { score: null, error: 'p4: Error: expected a score that is a number or null, got undefined.' },
    ]);
    expect((await score('verl.js:compute_score', batchOf('yes'), { scale: 3 }))[0]).toEqual({ score: 3 });
  });

  it('does not stop a run that mostly works', async () => {
    const reward = await loadRewardModule('verl.js', { folder });
    const { totals, parts } = await combineRewards([{ reward, weight: 1 }], batchOf('yes', 'throw', 'no'));
    expect(totals).toEqual([1, null, 0]);
    expect(parts[0]).toMatchObject({ name: 'verl.js', failed: 1, firstError: 'p1: Error: cannot read it' });
  });

  it('may have another name, when told', async () => {
    expect((await score('verl.js:other', batchOf('abc'), { shape: 'single' }))[0]).toEqual({ score: 3 });
  });
});

describe('loadRewardModule', () => {
  it('knows files from names', () => {
    expect(moduleNamed('a.ts')).toEqual({ path: 'a.ts', name: undefined });
    expect(moduleNamed('C:\\r\\a.cts:f')).toEqual({ path: 'C:\\r\\a.cts', name: 'f' });
    expect(['math', 'a.py:f', 'ts', 'a.ts:'].map(moduleNamed)).toEqual([undefined, undefined, undefined, undefined]);
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['math', {}, /use: expected path.ts:export or path.js, got math/],
    ['nowhere.ts', {}, /expected a file .*nowhere.ts, got none/],
    ['trl.ts:number', {}, /expected a function number, got exports .*default.*words/],
    ['torn.js', {}, /torn.js: expected a module that can be imported/],
    ['verl.js', { shape: 'row' }, /args.shape: expected batch or single, got "row"/],
  ])('refuses %s with %j', async (use, args, message) => {
    const loading = loadRewardModule(use, { folder, args });
    await expect(loading).rejects.toThrow(RecipeError);
    await expect(loading).rejects.toThrow(message);
  });

  it('says what to do where the runtime does not read TypeScript', async () => {
    // What plain Node says, asked in a process of its own: this one reads TypeScript.
    const script = `import(${JSON.stringify(pathToFileURL(join(folder, 'trl.ts')).href)}).then(() => console.log('read'), (e) => console.log(e.code))`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { env: {} });
    expect(['ERR_UNKNOWN_FILE_EXTENSION', 'read']).toContain(stdout.trim());
    const error = Object.assign(new TypeError('Unknown file extension ".ts"'), { code: 'ERR_UNKNOWN_FILE_EXTENSION' });
    expect(explainImportFailure('/r/a.ts', error)).toMatch(/^\/r\/a.ts: expected a runtime that reads TypeScript, got Node \d+.*npx tsx, use Node 22\.18/);
  });
});
