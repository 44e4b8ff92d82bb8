import { describe, expect, it } from 'vitest';
import { lineOf } from '../../src/trainer/metrics-file.ts';
import type { MetricsRow } from '../../src/trainer/observer.ts';
import { writeReport } from '../../src/trainer/report/from-store.ts';
import { markup } from '../../src/trainer/report/html.ts';
import { reportPage } from '../../src/trainer/report/report.ts';
import { label, scaleOver } from '../../src/trainer/report/scale.ts';
import { memoryStore } from '../../src/trainer/run-store-memory.ts';
import { readText } from '../../src/trainer/run-store.ts';

const time = '2026-01-02T03:04:05.000Z';
const rows: MetricsRow[] = [1, 2, 3, 4].map((step) => ({
  step,
  attempt: 1,
  time,
  reward: step / 10,
  entropy: 1 / step,
  kl: step === 2 ? NaN : 0.1,
  loss: Infinity,
}));
const evaluations: MetricsRow[] = [0, 2, 4].map((step) => ({
  step,
  attempt: 1,
  time,
  'eval/heldout/mean@1': 0.2 + step / 10,
  'eval/heldout/pass@8': 0.9,
  'eval/heldout/entropy': 1 - step / 8,
}));
const nasty = '</script><img src=x onerror="alert(1)">&\'';
const input = { name: nasty, rows, evaluations, recipe: nasty, resolved: nasty, environment: { version: '0.1.0', device: nasty } };

describe('the report', () => {
  const page = reportPage({
    ...input,
    before: { step: 0, samples: [{ prompt: nasty, completion: nasty, reward: 0 }] },
    after: { step: 4, samples: [{ prompt: nasty, completion: `${nasty}!`, reward: 1 }] },
  });

  it('escapes everything that comes from a run', () => {
    expect(page).not.toContain('<img');
    expect(page).not.toContain('</script>');
    expect(page.split('&#60;img').length - 1).toBeGreaterThanOrEqual(8);
  });

  it('asks for nothing from outside, and runs no code', () => {
    expect(page).not.toMatch(/<[^>]*\s(src|href)=|url\(|@import|<script/);
    expect(page).toContain("default-src 'none'");
  });

  it('draws what was measured, with gaps where a value is not finite', () => {
    expect(page.match(/<svg/g)!.length).toBeGreaterThanOrEqual(4);
    expect(page).not.toMatch(/NaN|Infinity/);
    expect(page).toContain('0.2 → 0.6');
    expect(page).toMatch(/Fitted: a [\d.−]+/);
  });

  it('shows the law with its band, and marks it not valid where something held the entropy', () => {
    const more = [0, 1, 2, 4, 8].map((step) => ({
      ...evaluations[0]!,
      step,
      'eval/heldout/mean@1': 0.2 + step / 20 + (step % 2) / 50,
      'eval/heldout/entropy': 1 - step / 10,
    }));
    const free = reportPage({ ...input, evaluations: more });
    expect(free).toContain('<g class="law"><path class="band tone-2" d="M');
    expect(free).toMatch(/reward at entropy 0 would be [\d.]+, between [\d.]+ and [\d.]+ in 95 % of resamplings/);
    expect(free).not.toMatch(/[Nn]ot valid/);
    for (const held of [
      reportPage({ ...input, evaluations: more.map((row) => ({ ...row, 'law/heldout/valid': 0 })) }),
      reportPage({ ...input, evaluations: more, rows: rows.map((row) => ({ ...row, entropy_coef: 0.03 })) }),
    ]) {
      expect(held).toContain('<g class="law not-valid">');
      expect(held).toContain('R = −a·e^H + b, not valid');
      expect(held).toContain('Not valid for this run');
    }
    const valid = reportPage({ ...input, evaluations: more.map((row) => ({ ...row, 'law/heldout/valid': 1 })) });
    expect(valid).not.toMatch(/[Nn]ot valid/);
  });

  it('is whole for a run that has only begun', () => {
    const empty = reportPage({ ...input, rows: [], evaluations: [] });
    expect(empty).toContain('No step yet');
    expect(empty).toContain('No completions were kept');
    expect(empty).not.toContain('<svg');
  });

  it('is made from a run folder, whatever schema its metrics are in', async () => {
    const store = memoryStore();
    await store.append('metrics.jsonl', rows.map(({ reward, ...row }) => lineOf({ ...row, 'critic/score/mean': reward })).join(''));
    await store.append('eval/summary.jsonl', evaluations.map(lineOf).join(''));
    await store.append('completions/completions_00001.jsonl', `${lineOf({ step: 1, prompt: 'p', completion: 'first', reward: 0 })}{"torn`);
    await store.append('completions/completions_00004.jsonl', lineOf({ step: 4, prompt: 'p', completion: 'last', reward: 1 }));
    await store.write('recipe.yaml', 'seed: 1');
    await writeReport(store, 'a run');
    const made = (await readText(store, 'report.html'))!;
    expect(made).toContain('<h3>Reward</h3>');
    expect(made).toMatch(/first[\s\S]*last/);
  });
});

describe('markup', () => {
  it('escapes values, keeps markup, joins lists, leaves nothing for undefined', () => {
    expect(markup`<p>${'<&"'}${undefined}${[markup`<b>${1}</b>`, '>']}</p>`.html).toBe('<p>&#60;&#38;&#34;<b>1</b>&#62;</p>');
  });
});

describe('scales', () => {
  it.each([
    [
      [0, 1],
      [0, 0.25, 0.5, 0.75, 1],
    ],
    [
      [0, 90],
      [0, 25, 50, 75, 100],
    ],
    [
      [-0.02, 0.05],
      [-0.02, 0, 0.02, 0.04, 0.06],
    ],
    [
      [3, 3],
      [2.5, 2.75, 3, 3.25, 3.5],
    ],
    [[NaN], [0, 0.25, 0.5, 0.75, 1]],
  ])('label %j at %j', (values, ticks) => {
    expect(scaleOver(values, 0, 100).ticks).toEqual(ticks);
  });

  it('shows numbers short, and those that are not finite too', () => {
    expect([0, 0.12345, -2, 1e-6, 123456, NaN, Infinity].map(label)).toEqual(['0', '0.123', '−2', '1.0e−6', '1.2e5', 'NaN', '∞']);
  });
});
