/** Runs in workers, by name, with everything they told. */

import { type OpenedRun, type PageRun, readPageRecipe, RecipeError, runRequest, type RunRequest, startRun } from '../../../src/browser.ts';

export interface RunAsked {
  readonly recipe: string;
  readonly overrides?: readonly string[] | undefined;
  readonly request?: Partial<Pick<RunRequest, 'keep' | 'fresh' | 'tier'>> | undefined;
  /** What is broken around the run; see faults.ts. */
  readonly fault?: string | undefined;
}

export interface Watched {
  opened: OpenedRun | null;
  /** Rows of the steps, as they came. */
  readonly rows: Record<string, unknown>[];
  readonly said: string[];
  /** `starting`, `running`, `paused at N`, then how it ended: `done at N`, `interrupted at N`, `failed`. */
  state: string;
  error: { readonly kind: string; readonly message: string } | null;
}

const active = new Map<string, { readonly run: PageRun; readonly watched: Watched }>();

export const runs = {
  /** Starts a run and returns at once. */
  async start(name: string, { recipe, overrides = [], request = {}, fault }: RunAsked): Promise<void> {
    const watched: Watched = { opened: null, rows: [], said: [], state: 'starting', error: null };
    const asked = await runRequest(await readPageRecipe(recipe, { overrides, file: `${name}.yaml` }), request);
    const worker = fault
      ? new Worker(new URL('./faulty-worker.ts', import.meta.url), { type: 'module', name: fault })
      : new Worker(new URL('../../../src/worker/run-worker.ts', import.meta.url), { type: 'module' });
    const run = startRun(worker, asked, {
      opened(opened) {
        watched.opened = opened;
      },
      started() {
        watched.state = 'running';
      },
      step: (row) => void watched.rows.push({ ...row }),
      note: (message) => void watched.said.push(`note: ${message}`),
      warning: (message) => void watched.said.push(`warning: ${message}`),
      paused(step) {
        watched.state = `paused at ${step}`;
      },
      continued() {
        watched.state = 'running';
      },
    });
    run.done.then(
      ({ stopped, step }) => {
        watched.state = `${stopped} at ${step}`;
      },
      (error: Error) => {
        watched.error = { kind: error.name, message: error.message };
        watched.state = 'failed';
      },
    );
    active.set(name, { run, watched });
  },
  /** Starts a run and waits for its end, however it ends. */
  async finish(name: string, asked: RunAsked): Promise<Watched> {
    try {
      await runs.start(name, asked);
    } catch (error) {
      if (!(error instanceof RecipeError)) throw error;
      return { opened: null, rows: [], said: [], state: 'refused', error: { kind: error.name, message: error.message } };
    }
    return runs.ended(name);
  },
  /** The error of a run whose worker is not there. */
  async withoutScript(recipe: string): Promise<string> {
    const request = await runRequest(await readPageRecipe(recipe), { keep: 'memory' });
    return startRun(new Worker('no-such-script.js', { type: 'module' }), request).done.then(String, String);
  },
  async ended(name: string): Promise<Watched> {
    const { run, watched } = runs.get(name);
    await run.done.catch(() => undefined);
    return watched;
  },
  get(name: string): { readonly run: PageRun; readonly watched: Watched } {
    const found = active.get(name);
    if (!found) throw new Error(`${name}: expected a run of this page, got none`);
    return found;
  },
  state: (name: string): string => runs.get(name).watched.state,
  steps: (name: string): number => runs.get(name).watched.rows.length,
  pause: (name: string): void => runs.get(name).run.pause(),
  continue: (name: string): void => runs.get(name).run.continue(),
  stop: (name: string): void => runs.get(name).run.stop(),
};
