/** A terminal that collects, signals that are sent by hand, and an engine of four steps without a device. */

import { EventEmitter } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engine, ExportServices, TrainServices } from '../../src/cli/engine.ts';
import { run, type Surroundings } from '../../src/cli/program.ts';
import type { Recipe } from '../../src/recipe/recipe.ts';
import type { MetricsRow, TrainSummary } from '../../src/trainer/observer.ts';

export interface Told {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export class Workplace {
  readonly signals = new EventEmitter();
  readonly seen: Recipe[] = [];
  readonly exports: ExportServices[] = [];
  quits = 0;
  /** What the stand-in does in a step, before it is told. */
  beforeStep: (step: number, services: TrainServices) => Promise<void> | void = () => {};
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  static async open(): Promise<Workplace> {
    return new Workplace(await mkdtemp(join(tmpdir(), 'entrain-')));
  }

  /** Runs a command; runs of this workplace go below its folder. */
  async run(...words: string[]): Promise<Told> {
    const told = { out: '', err: '' };
    const surroundings: Surroundings = {
      terminal: {
        out: (text) => void (told.out += text),
        err: (text) => void (told.err += text),
        isInteractive: false,
        hasColour: false,
        columns: () => 100,
      },
      engine: this.engine(),
      signals: this.signals,
      quit: () => void this.quits++,
      debug: false,
    };
    return { code: await run(words, surroundings), ...told };
  }

  train(...words: string[]): Promise<Told> {
    return this.run('train', 'steps=4', `run.dir=${this.folder}`, ...words);
  }

  engine(): Engine {
    return {
      train: (recipe, services) => this.#train(recipe, services),
      async evaluate(_, { observer }) {
        await observer.evaluated(0, { 'eval/heldout/mean@1': 0.25 });
        return { 'eval/heldout/mean@1': 0.25 };
      },
      ask: ({ text, temperature }) => Promise.resolve([{ text: `${text} at ${temperature}`, ids: [5], logProbs: [-0.5], finishReason: 'stop' as const }]),
      sample: (_, { prompt }) => Promise.resolve([{ prompt: prompt ?? '67>21=', completion: '6+7+8', reward: 1, rewards: {}, finishReason: 'stop' as const }]),
      export: (recipe, request) => {
        this.seen.push(recipe);
        this.exports.push(request);
        return Promise.resolve({
          path: join(this.folder, 'out'),
          files: [{ file: 'model.safetensors', bytes: 2048 }],
          distance: { logit: 0, kl: 0, sameBest: 1 },
          tokens: 32,
          adapter: null,
          notes: ['take care.'],
        });
      },
      viewData: () =>
        Promise.resolve({
          name: 'sums',
          prompts: 3,
          lengths: [2, 4, 9] as const,
          first: {
            id: 'sums.jsonl:1',
            text: '<user>\nHi',
            tokens: [
              { id: 7, token: '<user>' },
              { id: 8, token: '\n' },
              { id: 9, token: 'Hi' },
            ],
          },
          completion: null,
          maxTokens: 16,
          ends: [{ id: 2, token: '<end>' }],
          warnings: ['sums: take care.'],
        }),
      plan: () =>
        Promise.resolve([
          { part: 'weights', bytes: 2048 },
          { part: 'cache', bytes: 3 * 2 ** 20 },
        ]),
      planChanges: () =>
        Promise.resolve([
          { change: 'model.dtype=q4 lora={}', weights: 1024, total: 2 ** 20 },
          { change: 'batch.micro_tokens=1024', weights: 2048, total: 3 * 2 ** 20 },
        ]),
      doctor(_, out) {
        out.write('all well\n');
        return Promise.resolve(1);
      },
    };
  }

  async #train(recipe: Recipe, services: TrainServices): Promise<TrainSummary> {
    const { observer, attempt, signal, store } = services;
    this.seen.push(recipe);
    await observer.resumed(0, undefined);
    await observer.started({ name: 'n', method: recipe.method, steps: recipe.steps, startStep: 0, attempt, device: 'stand-in', parameters: 1234 });
    const summary = { step: recipe.steps, seconds: 1, metrics: { reward: 0.5 }, checkpoint: 'checkpoints/step_4' };
    for (let step = 1; step <= recipe.steps; step++) {
      await this.beforeStep(step, services);
      await observer.step(rowOf(step, attempt));
      if (signal.aborted) {
        await store.write('checkpoints/latest', `step_${step}\n`);
        const stopped = { ...summary, stopped: 'interrupted', step } as const;
        await observer.finished(stopped);
        return stopped;
      }
    }
    await store.write('checkpoints/latest', 'step_4\n');
    await observer.finished({ ...summary, stopped: 'done' });
    return { ...summary, stopped: 'done' };
  }
}

export function rowOf(step: number, attempt = 1): MetricsRow {
  return { step, attempt, time: '2026-01-01T00:00:00.000Z', reward: step / 10, reward_std: 0.5, 'timing_s/step': 2, entropy: step === 3 ? NaN : 1 / step };
}
