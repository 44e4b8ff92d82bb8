import { describe, expect, it } from 'vitest';
import { DataError } from '../../src/base/errors.ts';
import { Learner } from '../../src/engines/learner.ts';
import { ReferenceDevice } from '../../src/gpu/reference-device.ts';
import { AdamW } from '../../src/optim/adamw.ts';
import { answerLogProbs } from '../../src/trainer/answer-probabilities.ts';
import { TINY_MODELS, tinyParameters, tinyTransformer } from '../model/tiny-models.ts';

const EOS = 2;
const LENGTH = 3;
const VOCABULARY = 5;
const ROWS = 8;
const options = { temperature: 1, rows: ROWS, length: LENGTH };

function tinyLearner(): Learner {
  const device = new ReferenceDevice();
  const config = { ...TINY_MODELS.llama, vocabSize: VOCABULARY };
  const microTokens = ROWS * LENGTH + 8;
  const model = tinyTransformer(device, config, tinyParameters(device, config), microTokens);
  return new Learner(model, new AdamW(device, [], { betas: [0.9, 0.95], eps: 1e-8, weightDecay: 0, maxGradNorm: 1 }), null, {
    maxRows: ROWS,
    maxLength: LENGTH,
    microTokens,
  });
}

/** Everything that sampling can give: up to an end token, or cut at the limit. */
function allCompletions(beginning: readonly number[] = []): Uint32Array[] {
  if (beginning.at(-1) === EOS || beginning.length === LENGTH) return [Uint32Array.from(beginning)];
  return Array.from({ length: VOCABULARY }, (_, token) => allCompletions([...beginning, token])).flat();
}

describe('the probability of an answer', () => {
  const learner = tinyLearner();
  const prompts = [Uint32Array.from([1, 4, 0]), Uint32Array.from([3])];
  const completions = allCompletions();

  it('sums to 1 over all answers there are, for each prompt', async () => {
    const logProbs = await answerLogProbs(
      learner,
      prompts.map((prompt) => ({ prompt, completions })),
      options,
    );
    expect(completions).toHaveLength(1 + 4 + 16 + 64);
    for (const each of logProbs) expect(each.reduce((sum, logProb) => sum + Math.exp(logProb), 0)).toBeCloseTo(1, 12);
    expect(logProbs[0]).not.toEqual(logProbs[1]);
  });

  it('is the product of the probabilities of its tokens, looked at one by one', async () => {
    const [prompt] = prompts;
    const [[together]] = [await answerLogProbs(learner, [{ prompt: prompt!, completions }], options)];
    for (const place of [0, 7, 40, 84]) {
      const tokens = completions[place]!;
      let product = 1;
      for (let t = 0; t < tokens.length; t++) {
        const groups = [{ prompt: [...prompt!, ...tokens.subarray(0, t)], continuations: [{ targets: [tokens[t]!], slot: 0 }] }];
        const stats = learner.policyStats(groups, 1, LENGTH, 1);
        product *= Math.exp((await learner.device.read(stats.logProbs))[0]!);
      }
      expect(Math.exp(together![place]!)).toBeCloseTo(product, 12);
    }
  });

  it('follows the temperature', async () => {
    const asked = [{ prompt: prompts[0]!, completions }];
    const [[warm], [cool]] = [await answerLogProbs(learner, asked, options), await answerLogProbs(learner, asked, { ...options, temperature: 0.5 })];
    expect(Math.max(...cool!)).toBeGreaterThan(Math.max(...warm!));
  });

  it('refuses completions of no tokens, and of too many', async () => {
    const ask = (...tokens: number[]) => answerLogProbs(learner, [{ prompt: prompts[0]!, completions: [Uint32Array.from(tokens)] }], options);
    await expect(ask()).rejects.toThrow(new DataError('completion: expected 1 to 3 tokens, got 0. An end token counts.'));
    await expect(ask(1, 1, 1, 2)).rejects.toThrow('got 4');
  });
});
