import { createColors } from 'picocolors';
import { describe, expect, it } from 'vitest';
import { dashboardLines } from '../../src/cli/dashboard.ts';
import { bytes, columns, duration, number, percent } from '../../src/cli/format.ts';
import { isOverride, withKeyFlags } from '../../src/cli/key-flags.ts';
import { plainLines } from '../../src/cli/plain-lines.ts';
import { Progress } from '../../src/cli/progress.ts';
import { sampleLines } from '../../src/cli/sample.ts';
import { sparkline } from '../../src/cli/sparkline.ts';
import { completionsTable, evaluationLine, stepLine } from '../../src/cli/step-line.ts';
import type { CompletionSample, MetricsRow } from '../../src/trainer/observer.ts';
import { rowOf } from './surroundings.ts';

const info = { name: 'gsm8k', method: 'grpo', steps: 200, startStep: 0, attempt: 1, device: 'Some GPU', parameters: 139_840 } as const;
const row: MetricsRow = {
  ...rowOf(12),
  reward: 0.41,
  reward_std: 0.33,
  'groups/frac_mixed': 0.62,
  'completions/mean_length': 187,
  'completions/clipped_ratio': 0.02,
  kl: 0.003,
  entropy: 0.71,
  'clip_ratio/region_mean': 0.004,
  grad_norm: 0.38,
  'timing_s/gen': 6.1,
  'timing_s/update_actor': 9.4,
  'perf/tokens_per_s': 412,
};

describe('numbers', () => {
  it('are short, and shown when they are not finite', () => {
    expect([0, 0.41, 187, 0.003, 1e-5, 12.34, 123456, NaN, -Infinity, undefined].map(number)).toEqual([
      '0',
      '0.41',
      '187',
      '0.0030',
      '1.0e-5',
      '12.3',
      '123456',
      'NaN',
      '-∞',
      '–',
    ]);
    expect([0, 0.004, 0.02, 0.62, 1, NaN].map(percent)).toEqual(['0%', '0.4%', '2.0%', '62%', '100%', 'NaN']);
    expect([0, 6.14, 9.96, 59.4, 250, 7530, NaN].map(duration)).toEqual(['0.0s', '6.1s', '10s', '59s', '4m 10s', '2h 05m', '–']);
    expect([12, 2048, 3.1 * 2 ** 30].map(bytes)).toEqual(['12 B', '2.0 KiB', '3.1 GiB']);
    expect(
      columns(
        [
          ['a', '1'],
          ['long', '22'],
        ],
        { right: [1] },
      ),
    ).toEqual(['a      1', 'long  22']);
  });
});

describe('a sparkline', () => {
  it('goes from the smallest to the largest value, and marks what is not finite', () => {
    expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8)).toBe('▁▂▃▄▅▆▇█');
    expect(sparkline([5, 5], 8)).toBe('▄▄');
    expect(sparkline([0, NaN, 1, Infinity], 8)).toBe('▁×█×');
    expect(sparkline([NaN], 8)).toBe('×');
    expect(sparkline([], 8)).toBe('');
  });

  it('averages what does not fit', () => {
    expect(sparkline([0, 0, 4, 4, 7, 7], 3)).toBe('▁▅█');
    expect(
      sparkline(
        Array.from({ length: 1001 }, (_, i) => i),
        40,
      ),
    ).toHaveLength(40);
  });
});

describe('the line of a step', () => {
  it('says what matters, in fixed columns', () => {
    expect(stepLine(row, 200, 2940)).toBe(
      'step  12/200  reward  0.41±0.33  mixed  62%  len 187 (2.0% cut)  kl  0.0030  ent 0.71  clip 0.4%  |g| 0.38  gen 6.1s train 9.4s  412 tok/s  ETA 49m 00s',
    );
    expect(stepLine({ ...row, reward: NaN, entropy: Infinity }, 200, NaN)).toMatch(/reward {3}NaN±0\.33 .* ent {4}∞ .* ETA –$/);
  });

  it('shows the loss of supervised training, and nothing for a row of an evaluation alone', () => {
    expect(stepLine({ step: 3, attempt: 1, time: '', loss: 1.5, grad_norm: 0.2 }, 9, 10)).toBe('step 3/9  loss   1.50  |g| 0.20  ETA 10s');
    expect(stepLine({ step: 0, attempt: 1, time: '', 'eval/heldout/mean@1': 0.2 }, 9, NaN)).toBeUndefined();
  });

  it('of an evaluation names the set only where there are several', () => {
    expect(evaluationLine(15, { 'eval/heldout/mean@1': 0.42, 'eval/heldout/pass@8': 0.93 })).toBe('eval at step 15  mean@1 0.42  pass@8 0.93');
    expect(evaluationLine(15, { 'eval/a/mean@1': 0.42, 'eval/b/mean@1': 0.93 })).toBe('eval at step 15  a/mean@1 0.42  b/mean@1 0.93');
  });

  it('comes every so many steps, and at the last', async () => {
    let text = '';
    const watcher = plainLines({ write: (line) => void (text += line), every: 3, printCompletions: 2, width: 80 });
    await watcher.started({ ...info, steps: 5 });
    for (const step of [1, 2, 3, 4, 5]) {
      await watcher.step(rowOf(step));
      await watcher.completions(step, []);
    }
    expect(text.match(/^(step \d|completions of step \d)/gm)).toEqual(['completions of step 2', 'step 3', 'completions of step 4', 'step 5']);
  });
});

describe('a table of completions', () => {
  it('fits the width and keeps each completion on its line', () => {
    const sample: CompletionSample = { prompt: 'two\nlines', completion: 'x'.repeat(300), reward: 1, rewards: {}, advantage: -0.5, finishReason: 'stop' };
    const lines = completionsTable(4, [sample], 80);
    expect(lines).toHaveLength(3);
    expect(lines[2]).toMatch(/^two\\nlines +x+… +1\.00 +-0\.50$/);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
  });
});

describe('completions below their prompt', () => {
  it('show what they earn, and a dash where that could not be told', () => {
    const sample = (completion: string, reward: number) => ({ prompt: 'p', completion, reward, rewards: {}, finishReason: 'stop' as const });
    expect(sampleLines([sample('a', 1), sample('b\nc', Number.NaN)])).toEqual(['p', '   1.00  a', '      –  b\n         c']);
  });
});

describe('the dashboard', () => {
  const drawn = (width: number) => {
    const progress = new Progress();
    progress.info = info;
    for (let step = 1; step <= 12; step++) progress.add({ ...row, step, reward: step / 20, entropy: step === 12 ? NaN : 1 / step });
    progress.evaluation = { step: 10, metrics: { 'eval/heldout/mean@1': 0.5 } };
    return dashboardLines(progress, ['warning: something'], 30, width, createColors(false));
  };

  it('shows progress, the few numbers that tell, and their course', () => {
    const text = drawn(100).join('\n');
    expect(text).toContain('gsm8k  grpo  139,840 parameters  Some GPU');
    expect(text).toMatch(/━+─+ {2}step 12\/200 {2}30s {2}ETA 6m 16s/);
    expect(text).toMatch(/^reward +0\.60 ±0\.33 +▁.*█$/m);
    expect(text).toMatch(/^entropy +NaN nats .*×$/m);
    expect(text).toMatch(/^mixed groups +62%/m);
    expect(text).toMatch(/^KL to start/m);
    expect(text).toContain('held-out      mean@1 0.50');
    expect(text).toContain('warning: something');
  });

  it.each([40, 80, 200])('fits %i columns', (width) => {
    expect(Math.max(...drawn(width).map((line) => [...line].length))).toBeLessThanOrEqual(width);
  });

  it('draws before anything is known', () => {
    expect(dashboardLines(new Progress(), [], 0, 80, createColors(false))[0]).toBe('starting');
  });
});

describe('flags that are recipe keys', () => {
  const options = new Set(['--json', '--adapter', '--help']);

  it('become key=value, whatever their dialect', () => {
    const words = ['train', '--optim.lr', '1e-4', '--learning_rate=2', '--shuffle_dataset', '--trainer.test_freq', '-1', '--seed', '3', 'a=b'];
    expect(withKeyFlags(words, options)).toEqual([
      'train',
      'optim.lr=1e-4',
      'learning_rate=2',
      'shuffle_dataset=true',
      'trainer.test_freq=-1',
      'seed=3',
      'a=b',
    ]);
  });

  it('leave options alone, misspelt ones too', () => {
    const words = ['--json', '--adapter', 'x', '--jsn', '-h', '--', '--seed', '3'];
    expect(withKeyFlags(words, options)).toEqual(words);
  });

  it('are told from overrides and paths', () => {
    expect(['a=1', 'a.b[0].c=1', 'reward.0.use=x', './a=b', 'recipe.yaml', '=3', '3=a'].map(isOverride)).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
  });
});
