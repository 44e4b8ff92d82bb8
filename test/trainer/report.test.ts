import { describe, expect, it } from 'vitest';
import { fitEntropyLaw } from '../../src/trainer/entropy-law.ts';
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

describe('the law of entropy and reward', () => {
  it('is found exactly where it holds, and not from fewer than three entropies', () => {
    const points = [1, 0.8, 0.5, 0.2].map((entropy) => ({ entropy, reward: 1.3 - 0.4 * Math.exp(entropy) }));
    const law = fitEntropyLaw(points)!;
    expect(law.a).toBeCloseTo(0.4, 12);
    expect(law.b).toBeCloseTo(1.3, 12);
    expect(law.r2).toBeCloseTo(1, 12);
    expect(law.ceiling).toBeCloseTo(0.9, 12);
    expect(fitEntropyLaw(points.slice(0, 2))).toBeNull();
    expect(fitEntropyLaw([...points.slice(0, 2), { entropy: NaN, reward: 1 }])).toBeNull();
  });
});
