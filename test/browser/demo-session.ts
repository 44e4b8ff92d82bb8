/** The demo, built and opened in a Chromium, with a recorder in every page. */

import { DEFAULT_RECORDING } from '../../demo/data/recording.ts';
import { openDemoSite, type DemoSite } from '../../scripts/demo-site.ts';
import { type LaunchedChromium, launchChromium } from '../../scripts/chromium.ts';
import type { Page } from 'playwright';
import { type DemoPage, openDemoPage, recorderScript } from '../../scripts/demo-check/open-page.ts';

/** Building, and a software adapter's first step on a machine that does other things. */
export const PATIENCE = 600_000;

/** What goes wrong in pages opened from now on. */
export interface Fault {
  /** Runs first in the worker that trains. */
  worker: string;
  /** Sent in place of the recording; null is no file. */
  recording: Buffer | null | undefined;
}

export interface DemoSession {
  readonly fault: Fault;
  readonly site: DemoSite;
  readonly browser: LaunchedChromium;
  /** A new tab; what comes after `#`, and what runs before the page's own code. */
  open(fragment?: string, first?: () => void): Promise<DemoPage>;
  close(): Promise<void>;
}

export async function openDemo(options: { readonly keepsTokens?: boolean; readonly at?: string } = {}): Promise<DemoSession> {
  const fault: Fault = { worker: '', recording: undefined };
  const site = await openDemoSite({
    ...(options.at !== undefined && { at: options.at }),
    alter(name, content) {
      if (name === DEFAULT_RECORDING && fault.recording !== undefined) return fault.recording;
      return /worker-[^/]*\.js$/.test(name) && !name.includes('lens') ? Buffer.concat([Buffer.from(`${fault.worker}\n`), content]) : content;
    },
  });
  const script = await recorderScript(options);
  const browser = await launchChromium({ pages: { viewport: { width: 1280, height: 800 }, acceptDownloads: true } });
  browser.context.setDefaultTimeout(PATIENCE / 10);
  return {
    fault,
    site,
    browser,
    open(fragment = '', first) {
      const before = first ? `${script};(${String(first)})();` : script;
      return openDemoPage(browser, fragment === '' ? site.url : `${site.url}#${fragment}`, before);
    },
    async close() {
      await browser.close();
      site.close();
    },
  };
}

/** A link's fragment, as the page writes it. */
export function fragmentOf(parts: Readonly<Record<string, string>>): string {
  return `run=${encodeURIComponent(new URLSearchParams(parts).toString())}`;
}

/** A comparison of a few seconds a step: what is seen of it is what is seen of the larger ones. */
export const SMALL_RECIPE = `steps: 12
model: { path: models/make-the-number }
data: { task: make_the_number }
rollout: { n: 4, max_tokens: 14, temperature: 1 }
batch: { prompts: 4, update_prompts: 2 }
reward:
  - use: make_the_number
algorithm: { name: grpo, clip_dual: null }
optim: { lr: 2e-4, betas: [0.9, 0.95], weight_decay: 0, warmup_steps: 3, max_grad_norm: 1 }
ref: { measure_kl: true }
eval: { data: heldout, limit: 3, every: 6, n: 2, k: 2, temperature: 1 }
checkpoint: { every: 3 }
`;

/** The number that a page shows, whatever its minus sign. */
export function shownNumber(text: string | null): number {
  return Number((text ?? '').replaceAll('−', '-').replaceAll(',', ''));
}

/** Whether a number was shown to four digits. */
export function agreesTo4Digits(shown: number, exact: number): boolean {
  return Math.abs(shown - exact) <= 5.01e-4 * Math.abs(exact);
}

/** Whether the rest of the page lives: the recorded run can be moved through, and the lens opens. */
export async function expectAlive(page: Page): Promise<void> {
  const playhead = page.locator('.timeline input');
  await playhead.focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowRight');
  await page.waitForFunction(() => document.querySelector<HTMLInputElement>('.timeline input')?.value === '1');
  await page.getByRole('button', { name: 'Recipe', exact: true }).click();
  await page.locator('#recipe-yaml').waitFor();
  await page.getByRole('button', { name: 'Recipe', exact: true }).click();
  await page.locator('.rivers').waitFor();
}
