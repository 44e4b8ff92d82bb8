import { fileURLToPath } from 'node:url';
import { createServer } from 'vite';
import { describe, expect, it } from 'vitest';
import { openDemoPage, recorderScript, type DemoPage } from '../../scripts/demo-check/open-page.ts';
import { launchChromium } from '../../scripts/chromium.ts';
import { fragmentOf, openDemo, PATIENCE, SMALL_RECIPE } from './demo-session.ts';

const small = fragmentOf({ task: 'make-the-number', a: 'grpo', b: 'clip_cov', lr: '3e-4', seeds: '1', seed: '7', recipe: SMALL_RECIPE });

/** The recording plays, the lens answers, and a step is trained. */
async function expectWhole(demo: DemoPage): Promise<void> {
  const { page } = demo;
  await page.waitForFunction(() => recorder.movedAt !== null);
  await page.locator('.notice', { hasText: 'The controls are set' }).waitFor();
  await page.locator('.charts .run-line path').first().waitFor({ state: 'attached' });
  await page.getByRole('button', { name: 'Lens', exact: true }).click();
  await page.locator('.variants tbody tr').first().waitFor();
  await page.getByRole('button', { name: 'Recipe', exact: true }).click();
  await page.locator('#recipe-yaml').waitFor();
  await page.getByRole('button', { name: 'Recipe', exact: true }).click();
  await demo.train();
  await demo.step(1, 1, PATIENCE);
  expect(demo.uncaught).toEqual([]);
}

describe('the page stands', () => {
  it('in a folder of a static host', { timeout: PATIENCE }, async () => {
    const session = await openDemo({ at: '/someone/entrain/' });
    try {
      await expectWhole(await session.open(small));
      expect([...session.site.missing]).toEqual([]);
    } finally {
      await session.close();
    }
  });

  it('on the dev server', { timeout: PATIENCE }, async () => {
    const server = await createServer({
      configFile: fileURLToPath(new URL('../../vite.config.ts', import.meta.url)),
      logLevel: 'error',
      server: { port: 0, host: 'localhost' },
    });
    const browser = await launchChromium({ pages: { viewport: { width: 1280, height: 800 } } });
    browser.context.setDefaultTimeout(PATIENCE / 10);
    try {
      await server.listen();
      const [url] = server.resolvedUrls!.local;
      await expectWhole(await openDemoPage(browser, `${url!}#${small}`, await recorderScript()));
    } finally {
      await browser.close();
      await server.close();
    }
  });
});
