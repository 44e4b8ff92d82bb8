/** A tab on the demo with a recorder in it, and what the recorder has written down. */

import type { Page } from 'playwright';
import type { LaunchedChromium } from '../chromium.ts';
import { bundle } from '../page-size.ts';
import type { RecorderOptions, SeenHandler, SeenStep } from './page-recorder.ts';

export interface DemoPage {
  readonly page: Page;
  /** Errors that no code caught. */
  readonly uncaught: string[];
  /** Waits for a step of a run, which is there at once where it has been. @throws Error where training fails, or the time is over */
  step(run: number, step: number, timeout: number): Promise<SeenStep>;
  /** Everything since the last call; the recorder forgets it. */
  takeSteps(): Promise<SeenStep[]>;
  takeHandlers(): Promise<SeenHandler[]>;
  /** Presses "Train it here" and returns when, by the page's clock. */
  train(): Promise<number>;
}

export const TRAIN_BUTTON = '.train button.main';

/** The recorder as a script. */
export async function recorderScript(options: RecorderOptions = {}): Promise<string> {
  const [file] = await bundle(`import { startRecording } from '/scripts/demo-check/page-recorder.ts'; startRecording(${JSON.stringify(options)});`);
  return `(() => {${file!.code}})();`;
}

export async function openDemoPage({ context }: LaunchedChromium, url: string, script: string): Promise<DemoPage> {
  const page = await context.newPage();
  const uncaught: string[] = [];
  page.on('pageerror', (error) => uncaught.push(String(error)));
  await page.addInitScript({ content: script });
  await page.goto(url);
  return {
    page,
    uncaught,
    async step(run, step, timeout) {
      const found = await page.waitForFunction(
        ([itsRun, itsStep]) => {
          const failed = recorder.said.find(({ kind }) => kind === 'failed');
          if (failed?.kind === 'failed') throw new Error(failed.error.message);
          return recorder.steps.find((seen) => seen.run === itsRun && seen.step === itsStep) ?? false;
        },
        [run, step] as const,
        { timeout, polling: 100 },
      );
      return (await found.jsonValue()) as SeenStep;
    },
    takeSteps: () => page.evaluate(() => recorder.steps.splice(0)),
    takeHandlers: () => page.evaluate(() => recorder.handlers.splice(0)),
    async train() {
      await page.locator(TRAIN_BUTTON).click();
      return page.evaluate(() => recorder.clickedAt!);
    },
  };
}
