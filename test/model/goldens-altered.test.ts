/** A check that cannot miss is no check: each expected number of the golden models, wrong by ten times its tolerance, must be found. */

import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { verifyModels } from '../../scripts/verify/models.ts';
import { ReferenceDevice } from '../../src/gpu/reference-device.ts';
import { type Alteration, GOLDEN_MODELS, type GoldenModel, goldenFolder, Numbers, withAltered } from './golden-folders.ts';

/** How one quantity's expected number is made wrong, and whatever else must then miss because it is computed from that number. */
interface Mistake extends Alteration {
  readonly quantity: string;
  readonly alsoMisses?: readonly string[];
}

const TIMES = 10;

async function mistakesFor(name: GoldenModel): Promise<readonly Mistake[]> {
  const io = await Numbers.of(name);
  const meta = JSON.parse(await readFile(join(goldenFolder(name), 'meta.json'), 'utf8')) as { readonly tolerances: Readonly<Record<string, number>> };
  const allowed = (key: string): number => TIMES * meta.tolerances[key]!;
  const valid = io.values('attention_mask').lastIndexOf(1);
  const wide = (tensor: string) => (io.values(tensor).length / io.values('attention_mask').length) * valid;

  const isAdapted = name === 'qwen2_lora';
  const weights = [
    'base_model.model.model.layers.1.self_attn.q_proj.lora_B.weight',
    'model.layers.1.self_attn.q_proj.weight',
    'transformer.h.1.attn.c_attn.weight',
  ];
  const weight = weights.find((candidate) => io.names.includes(`grad.${candidate}`))!;
  const gradient = io.values(`grad.${weight}`).map(Math.abs);
  const largest = Math.max(...gradient);
  const largestOfAll = Math.max(...io.names.filter((tensor) => tensor.startsWith('grad.')).flatMap((tensor) => io.values(tensor).map(Math.abs)));
  const gradientAllowed = allowed('grads_relative_to_tensor_max') * largest + allowed('grads_relative_to_largest') * largestOfAll;
  const firm = gradient.indexOf(largest);
  const soft = softElement(io);
  const [norm = 0] = io.values('grad_norm');
  const [, , secondNorm = 0] = io.values('train_grad_norm');
  const stored = 'adamw from stored gradients';

  return [
    { quantity: 'hidden', tensor: 'hidden.1', index: wide('hidden.1'), by: allowed('hidden_abs') },
    { quantity: 'logits', tensor: 'logits', index: wide('logits') + 3, by: allowed('logits_abs') },
    ...(isAdapted ? ['logits_base', 'logits_merged'] : []).map((quantity) => ({
      quantity,
      tensor: quantity,
      index: wide(quantity) + 3,
      by: allowed('logits_abs'),
    })),
    { quantity: 'log_probs', tensor: 'log_probs', index: valid, by: -allowed('log_probs_abs') },
    { quantity: 'entropies', tensor: 'entropies', index: valid, by: allowed('entropies_abs') },
    { quantity: 'loss', tensor: 'loss', index: 0, by: allowed('loss_abs') },
    { quantity: 'gradients', tensor: `grad.${weight}`, index: firm, by: gradientAllowed },
    { quantity: 'grad_norm', tensor: 'grad_norm', index: 0, by: allowed('grad_norm_rel') * norm },
    { quantity: 'after_adamw, firm', tensor: `after_adamw.${weight}`, index: firm, by: allowed('adamw_abs_on_firm_elements'), alsoMisses: [stored] },
    { quantity: 'after_adamw, other', ...soft, by: TIMES * 2.1e-3, alsoMisses: [stored] },
    { quantity: stored, ...soft, by: allowed('adamw_abs_from_stored_grads') },
    { quantity: 'train_loss', tensor: 'train_loss', index: 5, by: allowed('train_loss_abs') },
    { quantity: 'train_grad_norm', tensor: 'train_grad_norm', index: 2, by: allowed('train_grad_norm_rel') * secondNorm },
    { quantity: 'greedy tokens', tensor: 'gen.tokens', index: 23, by: 1 },
    { quantity: 'greedy log_probs', tensor: 'gen.log_probs', index: 23, by: allowed('log_probs_abs') },
    { quantity: 'stopped tokens', tensor: 'gen.stopped_tokens', index: 0, by: 1 },
    { quantity: 'stopped lengths', tensor: 'gen.stopped_lengths', index: 1, by: 1 },
  ];
}

/** An element whose first step is decided by rounding: its gradient is below a thousandth of its tensor's largest. */
function softElement(io: Numbers): Pick<Alteration, 'tensor' | 'index'> {
  for (const tensor of io.names.filter((name) => name.startsWith('grad.'))) {
    const gradient = io.values(tensor).map(Math.abs);
    const least = 1e-3 * Math.max(...gradient);
    const index = gradient.findIndex((value) => value < least);
    if (index >= 0) return { tensor: tensor.replace('grad.', 'after_adamw.'), index };
  }
  throw new Error('fixture: expected an element with a small gradient, got none.');
}

/** The quantities that `verify` calls missed. */
async function missesOf(name: GoldenModel, alterations: readonly Alteration[]): Promise<{ readonly isGood: boolean; readonly missed: readonly string[] }> {
  const lines: string[] = [];
  const isGood = await withAltered(name, alterations, (folder) => verifyModels([folder], new ReferenceDevice(), (line) => lines.push(line)));
  const missed = lines.flatMap((line) => /^ +MISS (.+?) +\d+ values/.exec(line)?.[1] ?? []);
  return { isGood, missed };
}

describe('verify models finds a number that is wrong by ten times its tolerance', () => {
  const one = 'qwen2_f16';
  const quantities = [
    'hidden',
    'logits',
    'log_probs',
    'entropies',
    'loss',
    'gradients',
    'grad_norm',
    'after_adamw, firm',
    'after_adamw, other',
    'adamw from stored gradients',
  ];
  const later = ['train_loss', 'train_grad_norm', 'greedy tokens', 'greedy log_probs', 'stopped tokens', 'stopped lengths'];

  it.each([...quantities, ...later])(`${one}: %s, and nothing else that does not follow from it`, async (quantity) => {
    const mistake = (await mistakesFor(one)).find((candidate) => candidate.quantity === quantity)!;
    const { isGood, missed } = await missesOf(one, [mistake]);
    expect(isGood).toBe(false);
    expect(missed.toSorted()).toEqual([quantity, ...(mistake.alsoMisses ?? [])].toSorted());
  });

  it.each(GOLDEN_MODELS.filter((name) => name !== one))('%s: every quantity at once', async (name) => {
    const mistakes = await mistakesFor(name);
    const { isGood, missed } = await missesOf(name, mistakes);
    expect(isGood).toBe(false);
    expect(missed.toSorted()).toEqual([...new Set(mistakes.map(({ quantity }) => quantity))].toSorted());
  });

  it('and ends with 1', async () => {
    const [mistake] = await mistakesFor(one);
    await withAltered(one, [mistake!], async (folder) => {
      const script = ['--import', 'tsx', 'scripts/verify.ts', 'models', '--device', 'reference'];
      const { status, stdout } = spawnSync(process.execPath, [...script, folder], { encoding: 'utf8' });
      expect({ status, missed: /MISS hidden/.test(stdout) }).toEqual({ status: 1, missed: true });
      expect(spawnSync(process.execPath, [...script, goldenFolder(one)], { encoding: 'utf8' }).status).toBe(0);
    });
  });
});
