/** A Chromium on the test pages, with what they complain about. */

import type { Page } from 'playwright';
import { type LaunchedChromium, launchChromium } from '../../scripts/chromium.ts';
import type { Harness } from './page/main.ts';
import { platformPassed, type PlatformResult } from '../platform-result.ts';
import { openSite, type Site } from './site.ts';

declare global {
  var harness: Harness;
}

export interface Session {
  readonly browser: LaunchedChromium;
  readonly site: Site;
  /** A new tab on the test page. */
  open(): Promise<Page>;
  /** Errors that no code caught, in any tab. */
  readonly uncaught: string[];
  close(): Promise<void>;
}

/** Starts a browser with storage of its own. */
export async function openSession(): Promise<Session> {
  const site = await openSite();
  const browser = await launchChromium();
  const uncaught: string[] = [];
  return {
    browser,
    site,
    uncaught,
    async open() {
      const page = await browser.context.newPage();
      page.on('pageerror', (error) => uncaught.push(String(error)));
      await page.goto(site.url);
      await page.waitForFunction(() => 'harness' in globalThis);
      return page;
    },
    async close() {
      await browser.close();
      site.close();
    },
  };
}

/** Notes that a check passed in this browser, in the table of platforms. */
export function passedInBrowser({ browser }: Session, check: PlatformResult['check'], passed: string, where = 'worker'): void {
  platformPassed({ runtime: `Chromium ${browser.version} (${where})`, webgpu: 'its own (Dawn)', adapter: 'google swiftshader', check, passed });
}

/** A small run of the default task: two updates a step, a few seconds a step on SwiftShader. */
export const SMALL_RECIPE = `
seed: 3
steps: 4
run: { project: tests }
model: { path: models/make-the-number }
data: { task: make_the_number }
rollout: { n: 4, max_tokens: 14, temperature: 1 }
batch: { prompts: 4, update_prompts: 2 }
reward:
  - use: make_the_number
algorithm: { name: grpo, clip_dual: null }
optim: { lr: 2e-4, betas: [0.9, 0.95], weight_decay: 0, warmup_steps: 3, max_grad_norm: 1 }
eval: { data: heldout, limit: 4, every: 2, at_start: false, n: 2, k: 2, temperature: 1 }
checkpoint: { every: 2 }
`;

/** A row without what depends on the clock or on the attempt. */
export function timeless(row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).filter(([name]) => !/^(time|attempt)$|timing|_per_s|perf\//.test(name)));
}
