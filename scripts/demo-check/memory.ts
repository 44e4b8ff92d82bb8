/** Two thousand steps: what page, worker and device hold after them, beside what they held at step 200. Training waits while it is measured. */

import type { CDPSession, Page } from 'playwright';
import type { LaunchedChromium } from '../chromium.ts';
import { atMost, type Figure } from './figure.ts';
import { openDemoPage, TRAIN_BUTTON } from './open-page.ts';

const EARLY = 200;
const STEPS = 2000;
/** What is held is also said at steps between, every so many. */
const BETWEEN = 200;
const PATIENCE = 120 * 60_000;
/** What is handed over just then is counted, too: the least of so many looks is what stays. */
const LOOKS = 3;
const LOOK_MS = 500;

/**
 * How the browser is started for this: without V8's optimising compilers. Their code grows for thousands of steps, as one function after the other
 * becomes hot (0.7 MB of 16 from step 200 to 2,000), and V8 alone decides what stays of it.
 */
export const MEMORY_FLAGS = ['--js-flags=--no-maglev,--no-turbofan'];

/** The page's smallest recipe, made smaller still, as a link. */
export function memoryLink(url: string): string {
  const recipe = [
    `steps: ${STEPS + 1}`, // the last step ends the run and gives its memory back
    'model: { path: models/make-the-number }',
    'data: { task: make_the_number }',
    'rollout: { n: 4, max_tokens: 14, temperature: 1 }',
    'batch: { prompts: 4, update_prompts: 2 }',
    'reward:',
    '  - use: make_the_number',
    'algorithm: { name: grpo, clip_dual: null }',
    'optim: { lr: 2e-4, betas: [0.9, 0.95], weight_decay: 0, warmup_steps: 3, max_grad_norm: 1 }',
    'eval: { data: heldout, limit: 4, every: 50, n: 8, k: 8, temperature: 1 }',
    'checkpoint: { every: 500 }',
    '',
  ].join('\n');
  const parts = new URLSearchParams({ task: 'small', a: 'grpo', b: 'clip_cov', lr: '2e-5', seeds: '1', seed: '1', recipe });
  return `${url}#run=${encodeURIComponent(parts.toString())}`;
}

interface Held {
  readonly heap: number;
  readonly device: number;
}

export async function memoryFigures(browser: LaunchedChromium, url: string, script: string, say: (line: string) => void): Promise<Figure[]> {
  const demo = await openDemoPage(browser, memoryLink(url), script);
  const { page } = demo;
  await page.locator(`${TRAIN_BUTTON}:enabled`).waitFor();
  await page.waitForFunction(() => document.querySelector('.notice') !== null); // the link is read
  await demo.train();
  const session = await browser.context.newCDPSession(page);
  const heldAt = async (step: number): Promise<Held> => {
    const { deviceBytes } = await demo.step(1, step, PATIENCE);
    await page.locator('.train').getByRole('button', { name: 'Pause' }).click();
    await page.locator('.train').getByRole('button', { name: 'Go on' }).waitFor({ timeout: PATIENCE });
    await demo.takeSteps();
    await demo.takeHandlers();
    const held = { heap: await heapOf(page, session), device: deviceBytes };
    say(`step ${step}: JS heap of page and worker ${megabytes(held.heap)}, device ${megabytes(held.device)}`);
    await page.locator('.train').getByRole('button', { name: 'Go on' }).click();
    return held;
  };
  await heldAt(EARLY / 2); // what drives the page leaves code of its own there: so both have it
  const before = await heldAt(EARLY);
  for (let step = EARLY + BETWEEN; step < STEPS; step += BETWEEN) await heldAt(step);
  const after = await heldAt(STEPS);
  await page.close();
  const growth = (what: string, of: (held: Held) => number): Figure =>
    atMost({
      what: `${what}, step ${STEPS} over step ${EARLY}`,
      value: (of(after) / of(before) - 1) * 100,
      bound: 5,
      unit: '%',
      note: `${megabytes(of(before))} to ${megabytes(of(after))}`,
    });
  return [growth('JS heap after gc', ({ heap }) => heap), growth('device bytes', ({ device }) => device)];
}

/** Bytes that page and worker still reach. */
async function heapOf(page: Page, session: CDPSession): Promise<number> {
  const worker = await attachWorker(session);
  const looks: number[] = [];
  for (let look = 0; look < LOOKS; look++) {
    await page.waitForTimeout(LOOK_MS);
    await session.send('HeapProfiler.collectGarbage');
    await worker.ask('HeapProfiler.collectGarbage');
    const { usedSize } = await session.send('Runtime.getHeapUsage');
    looks.push(usedSize + ((await worker.ask('Runtime.getHeapUsage')).usedSize ?? Number.NaN));
  }
  await worker.detach();
  return Math.min(...looks);
}

interface AttachedWorker {
  readonly ask: (method: string) => Promise<{ readonly usedSize?: number }>;
  readonly detach: () => Promise<void>;
}

/** Playwright offers no session of a worker: it is spoken to through its page's. */
async function attachWorker(session: CDPSession): Promise<AttachedWorker> {
  const attached = new Promise<string>((resolve) => session.once('Target.attachedToTarget', ({ sessionId }) => resolve(sessionId)));
  await session.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: false });
  const sessionId = await attached;
  let asked = 0;
  const ask: AttachedWorker['ask'] = async (method) => {
    const own = ++asked;
    const answered = new Promise<{ readonly usedSize?: number }>((resolve) => {
      session.on('Target.receivedMessageFromTarget', function listen({ message }) {
        const { id, result } = JSON.parse(message) as { readonly id?: number; readonly result?: { readonly usedSize?: number } };
        if (id !== own) return;
        session.off('Target.receivedMessageFromTarget', listen);
        resolve(result ?? {});
      });
    });
    await session.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id: own, method }) });
    return answered;
  };
  const detach = async (): Promise<void> => {
    await session.send('Target.setAutoAttach', { autoAttach: false, waitForDebuggerOnStart: false, flatten: false });
  };
  return { ask, detach };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(2)} MB`;
}
