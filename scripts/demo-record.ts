/**
 * Records the pair of runs that the demo opens with: two variants from the same seed and weights, measured as they train.
 *
 *   npm run demo:record -- [--a grpo] [--b clip_cov] [--steps 240] [--seed 1] [--out demo/public/recordings/default.json.gz] [key=value …]
 *
 * The recipe is the stress recipe of "make the number" (lr 4e-4), where collapse hurts. About five minutes on two CPU cores with lavapipe.
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import type { Frame, TokenBatch, Track } from '../demo/data/frame.ts';
import { partOf } from '../demo/data/part-of-batch.ts';
import { describeProbe, PROBES } from '../demo/data/probes.ts';
import type { Recording } from '../demo/data/recording.ts';
import { decodeRecording, encodeRecording } from '../demo/data/recording-file.ts';
import { type OfferedVariant, variantOf } from '../demo/lens/variants.ts';
import { MeasuredRun } from '../demo/live/measured-run.ts';
import { buildRun, memoryStore, nodeServices, openDevice, readRecipe, recipeHash, train, trainOptions, VERSION } from '../src/node.ts';

const { values: options, positionals: overrides } = parseArgs({
  allowPositionals: true,
  options: {
    a: { type: 'string', default: 'grpo' },
    b: { type: 'string', default: 'clip_cov' },
    steps: { type: 'string', default: '240' },
    seed: { type: 'string', default: '1' },
    adapter: { type: 'string', default: 'auto' },
    out: { type: 'string', default: fileURLToPath(new URL('../demo/public/recordings/default.json.gz', import.meta.url)) },
  },
});

const STRESS = ['optim.lr=4e-4', 'eval.every=15', 'eval.n=8', 'checkpoint.keep_best=null', 'checkpoint.every=null'];
/** Steps between slices of the rivers, and between steps whose tokens are kept; the lens opens on the step nearest this share of the run. */
const RIVER_EVERY = 2;
const TOKENS_EVERY = 12;
const FROZEN_SHARE = 0.25;
/** What the page draws; the rest of the metrics is about machines. */
const DRAWN =
  /^(reward|reward_std|entropy|entropy_coef|kl|clip_ratio\/(region|low|high)_mean|completions\/(mean_length|clipped_ratio)|groups\/frac_mixed|frac_reward_zero_std|select\/.*|eval\/.*)$/;

const steps = Number(options.steps);
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const file = fileURLToPath(new URL('../examples/recipes/make-the-number.yaml', import.meta.url));
const { device, adapter } = await openDevice(options.adapter);
const started = performance.now();

const a = await record('A', variantOf(options.a));
const b = await record('B', variantOf(options.b));
const frozen = a.whole;
if (!frozen) throw new Error('recording: expected a whole batch of A, got none. Train more steps.');

const recording: Recording = {
  label: { device: adapter.name, date: new Date().toISOString(), version: VERSION, seconds: Math.round((performance.now() - started) / 1000) },
  probes: PROBES.map(describeProbe),
  tracks: [a.track, b.track],
  frozen,
};
const bytes = gzipSync(encodeRecording(recording), { level: 9 });
mkdirSync(dirname(options.out), { recursive: true });
writeFileSync(options.out, bytes);
const back = await decodeRecording(new Uint8Array(readFileSync(options.out)));
say(
  `${options.out}: ${(bytes.length / 1024).toFixed(0)} KB, ${back.tracks.map(({ info, frames }) => `${info.label} ${frames.length} frames`).join(', ')}, ${recording.label.seconds} s on ${adapter.name}`,
);
device.close();
process.exit();

async function record(side: 'A' | 'B', { label, overrides: its }: OfferedVariant): Promise<{ readonly track: Track; readonly whole: TokenBatch | null }> {
  const loaded = await readRecipe({
    file,
    overrides: [...STRESS, `steps=${steps}`, `seed=${options.seed}`, ...its, ...overrides],
    readText: () => Promise.resolve({ path: file, text: readFileSync(file, 'utf8') }),
  });
  const { recipe } = loaded;
  const built = await buildRun(recipe, nodeServices(device), adapter.name);
  const frames: Frame[] = [];
  const frozenStep = Math.max(1, Math.round((FROZEN_SHARE * steps) / TOKENS_EVERY)) * TOKENS_EVERY;
  let whole: TokenBatch | null = null;
  const run = new MeasuredRun(built, recipe, {
    probes: PROBES,
    probesAt: (step) => (step % RIVER_EVERY === 0 || step === steps ? PROBES.map((_, probe) => probe) : []),
    tokensAt: (step) => step === 1 || step % TOKENS_EVERY === 0 || step === steps,
    frame: ({ step, metrics, rivers, tokens }, { stepSeconds }) => {
      if (tokens && (step <= frozenStep || !whole)) whole = tokens;
      const drawn = Object.fromEntries(Object.entries(metrics).filter(([name]) => DRAWN.test(name)));
      frames.push({ step, metrics: drawn, rivers, tokens: tokens && partOf(tokens, 1) });
      if (step % 10 === 0 || step === steps)
        say(
          `${label} step ${step}: reward ${metrics['reward']?.toFixed(3) ?? '–'}, entropy ${metrics['entropy']?.toFixed(3) ?? '–'}, answers alive ${metrics['eval/heldout/distinct@8']?.toFixed(2) ?? '–'}, ${stepSeconds.toFixed(2)} s`,
        );
    },
  });
  const settings = trainOptions(recipe, { attempt: 1, deviceName: adapter.name, recipeHash: await recipeHash(recipe), resume: 'never' });
  await train(run.job, memoryStore('recording'), run.observer, settings, new AbortController().signal);
  const recipeText = [
    ...loaded.text
      .trimEnd()
      .split('\n')
      .filter((line) => !line.startsWith('#')),
    '',
  ]
    .join('\n')
    .trimStart();
  return {
    track: {
      info: { side, label, seed: recipe.seed, recipeText: `${recipeText}# changed: ${[...STRESS.slice(0, 3), ...its, ...overrides].join(' ')}\n`, steps },
      frames,
    },
    whole,
  };
}
