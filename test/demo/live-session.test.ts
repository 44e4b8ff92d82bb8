import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { FromLive, LiveRequest } from '../../demo/data/live.ts';
import { LiveSession } from '../../demo/live/live-session.ts';
import type * as browser from '../../src/browser.ts';
import { RecipeError } from '../../src/index.ts';

// The page's device and files, replaced by the float64 reference and by those of the disk.
vi.mock('../../src/browser.ts', async (original) => {
  const { ReferenceDevice } = await import('../../src/index.ts');
  const { tinyServices } = await import('../trainer/tiny-run.ts');
  const adapter = { name: 'reference', kind: 'software', vendor: '', architecture: '', description: '', features: [] };
  return {
    ...(await original<typeof browser>()),
    openBrowserDevice: () => Promise.resolve({ device: new ReferenceDevice(), adapter }),
    browserServices: tinyServices,
  };
});
vi.stubGlobal('navigator', { userAgent: 'test', hardwareConcurrency: 1 });

const RECIPE = `
steps: 2
model: { init: { width: 16, layers: 1, heads: 2, ff_width: 24, rope_theta: 100, embedding_std: 0.3 } }
data: { task: make_the_number, make_the_number: { targets: [5, 12], required_digits: 1 } }
rollout: { n: 4, max_tokens: 6, temperature: 1 }
batch: { prompts: 2, update_prompts: 1 }
reward:
  - use: make_the_number
algorithm: { clip_dual: null }
optim: { lr: 0.003, warmup_steps: 0 }
checkpoint: { every: null }
`;

function requestOf(more: Partial<LiveRequest> = {}): LiveRequest {
  return {
    sides: [
      { side: 'A', label: 'GRPO', recipeText: RECIPE },
      { side: 'B', label: 'Bonus', recipeText: RECIPE, overrides: ['algorithm.entropy_coef=0.03'] },
    ],
    seeds: [1],
    probes: ['5>09='],
    watched: 0,
    keep: 'memory',
    fresh: true,
    files: { baseUrl: 'http://localhost/' },
    ...more,
  };
}

let said: FromLive[] = [];
const stepsSaid = (): string[] => said.flatMap((message) => (message.kind === 'frame' ? [`${message.run}:${message.frame.step}`] : []));
const framesOf = (run: number) => said.flatMap((message) => (message.kind === 'frame' && message.run === run ? [message.frame] : []));
const kinds = (kind: FromLive['kind']): FromLive[] => said.filter((message) => message.kind === kind);

/** Performs a request; `heard` is called with each message and the session. */
async function perform(request: LiveRequest, heard: (message: FromLive, session: LiveSession, stop: () => void) => void = () => {}): Promise<void> {
  const stopping = new AbortController();
  const session: LiveSession = new LiveSession(request, {
    say(message) {
      said.push(message);
      heard(message, session, () => stopping.abort());
    },
    signal: stopping.signal,
    pause: () => Promise.resolve(),
  });
  await session.perform();
}

beforeEach(() => {
  said = [];
});

describe('a live session', () => {
  it('trains both sides in turns, then both of the next seed, and says so', async () => {
    await perform(requestOf({ seeds: [4, 9] }));
    expect(stepsSaid()).toEqual(['0:0', '0:1', '1:0', '1:1', '0:2', '1:2', '2:0', '2:1', '3:0', '3:1', '2:2', '3:2']); // a run's first turn begins with its start
    const [opened] = kinds('opened');
    if (opened?.kind !== 'opened') throw new Error('expected it to open');
    expect(opened.opened.tracks.map(({ side, label, seed, steps }) => [side, label, seed, steps])).toEqual([
      ['A', 'GRPO', 4, 2],
      ['B', 'Bonus', 4, 2],
      ['A', 'GRPO', 9, 2],
      ['B', 'Bonus', 9, 2],
    ]);
    expect(kinds('trackEnded')).toHaveLength(4);
    expect(said.at(-1)?.kind).toBe('ended');
    expect(framesOf(0)[1]!.tokens!.columns.entropyWeight[0]).toBeCloseTo(0, 9);
    expect(framesOf(1)[1]!.tokens!.columns.entropyWeight[0]).toBeCloseTo(0.03, 6);
    expect(framesOf(2)[1]!.metrics['entropy']).not.toBe(framesOf(0)[1]!.metrics['entropy']);
  });

  it('takes a change at the next step, and keeps it for the seeds to come; one that cannot be is refused and the run goes on', async () => {
    const wanted = ['optim.lr=0', 'steps=5', 'algorithm.kl_coef=0.1'].values();
    await perform(requestOf({ seeds: [1, 2], sides: requestOf().sides.slice(0, 1) }), (message, session) => {
      if (message.kind !== 'frame' || message.run !== 0) return;
      const override = wanted.next().value;
      if (override !== undefined) void session.change({ kind: 'change', side: 'A', label: override, overrides: [override] });
    });
    expect(stepsSaid()).toEqual(['0:0', '0:1', '0:2', '1:0', '1:1', '1:2']);
    expect([...framesOf(0), ...framesOf(1)].map(({ metrics }) => metrics['learning_rate'])).toEqual([undefined, 0, 0, undefined, 0, 0]);
    const refused = said.flatMap((message) => (message.kind === 'note' && message.level === 'refused' ? [message.message] : []));
    expect(refused.join('\n')).toContain('expected a key of algorithm, or optim.lr');
    expect(said.flatMap((message) => (message.kind === 'changed' ? [[message.run, message.label]] : []))).toContainEqual([0, 'optim.lr=0']);
  });

  it('stops at the step in progress, on every side, and begins no other seed', async () => {
    await perform(requestOf({ seeds: [1, 2] }), (message, _, stop) => {
      if (message.kind === 'frame' && message.run === 1 && message.frame.step === 1) stop();
    });
    const ended = said.flatMap((message) => (message.kind === 'trackEnded' ? [message.stopped] : []));
    expect(ended).toEqual(['interrupted', 'interrupted']);
    expect(stepsSaid().filter((step) => /^[23]:/.test(step))).toEqual([]);
    expect(said.at(-1)?.kind).toBe('ended');
  });

  it('refuses a recipe or a weight that is wrong before anything is opened', async () => {
    const wrong = (side: object) => perform(requestOf({ sides: [{ side: 'A', label: 'A', recipeText: RECIPE, ...side }] }));
    await expect(wrong({ recipeText: `${RECIPE}stepz: 3\n` })).rejects.toThrow(RecipeError);
    await expect(wrong({ weight: 'advantage *' })).rejects.toThrow('expected a number, a name or a bracket');
    expect(said).toEqual([]);
  });
});
