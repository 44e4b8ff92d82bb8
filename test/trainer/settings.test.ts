/** Whole runs, a few steps each, under every setting that changes the path from rollouts to slopes: no error, no number that is none. */

import { describe, expect, it } from 'vitest';
import { ReferenceDevice } from '../../src/gpu/reference-device.ts';
import { algorithmSchema } from '../../src/recipe/blocks/algorithm.ts';
import { presetNames } from '../../src/recipe/presets.ts';
import { runTiny, tinyRecipe } from './tiny-run.ts';

async function trains(...overrides: readonly string[]): Promise<void> {
  const { error, rows } = await runTiny(new ReferenceDevice(), await tinyRecipe(...overrides));
  expect(error).toBeUndefined();
  expect(rows.length).toBe(4);
  for (const row of rows) {
    expect(Object.entries(row).filter(([, value]) => typeof value === 'number' && !Number.isFinite(value))).toEqual([]);
    expect(row['updates/skipped']).toBe(0);
  }
}

const values = (key: 'loss_agg' | 'kl_estimator' | 'advantage_center' | 'advantage_scale'): readonly string[] =>
  algorithmSchema.unwrap().shape[key].unwrap().options;

describe('a run trains', () => {
  it.each(presetNames)('under the preset %s', (name) => trains(`algorithm.name=${name}`));
  it.each(values('loss_agg'))('with losses aggregated by %s', (name) => trains(`algorithm.loss_agg=${name}`, 'algorithm.entropy_coef=0.01'));
  it.each(values('kl_estimator'))('with the KL estimator %s', (name) => trains(`algorithm.kl_estimator="${name}"`, 'algorithm.kl_coef=0.1'));
  it.each(values('advantage_center'))('with advantages centred on %s', (name) => trains(`algorithm.advantage_center=${name}`));
  it.each(values('advantage_scale'))('with advantages scaled by %s', (name) => trains(`algorithm.advantage_scale=${name}`));
  it.each(['kl_in_reward=true', 'kl_bias_correction=true', 'ratio=sequence', 'surrogate=plain', 'mask_truncated=true', 'clip_dual=null'])(
    'with %s',
    (setting) => trains(`algorithm.${setting}`, 'algorithm.kl_coef=0.1'),
  );
  it.each(['n=2', 'temperature=0.6', 'temperature=1.4'])('with rollout.%s', (setting) => trains(`rollout.${setting}`));
  it.each(['{"prompts":4,"update_prompts":1}', '{"prompts":4,"epochs":3}', '{"prompts":1}'])('with the batch %s', (batch) => trains(`batch=${batch}`));

  // The sampler's log-probs are then of another distribution than the trainer's; that is no fault to stop at.
  it.each(['top_p=0.8', 'top_k=3', 'min_p=0.2', 'repetition_penalty=1.3'])('with rollout.%s, off-policy as it is', (setting) => trains(`rollout.${setting}`));

  it('where every completion of an update is masked, and moves nothing', async () => {
    const masked = ['algorithm.mask_truncated=true', 'rollout={"n":2,"max_tokens":2,"stop":[]}', 'batch={"prompts":1}', 'guards.truncated_share=null'];
    const { error, rows } = await runTiny(new ReferenceDevice(), await tinyRecipe(...masked, 'algorithm.entropy_coef=0.1', 'algorithm.kl_coef=0.1'));
    expect(error).toBeUndefined();
    const all = rows.filter((row) => row['completions/clipped_ratio'] === 1);
    expect(all.length).toBeGreaterThan(0);
    for (const row of all) expect(row).toMatchObject({ grad_norm: 0, 'updates/skipped': 0 });
  });
});
