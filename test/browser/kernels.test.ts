import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kernels } from '../../src/kernels/index.ts';
import { conformanceCount, conformanceLine } from '../kernels/conform.ts';
import type { KernelReport } from './page/kernels.ts';
import { openSession, passedInBrowser, type Session } from './session.ts';

let session: Session;
beforeAll(async () => {
  session = await openSession();
});
afterAll(() => session.close());

describe('every kernel agrees with its reference in Chromium', () => {
  it.each(['page', 'worker'] as const)('in a %s', { timeout: 600_000 }, async (where) => {
    const page = await session.open();
    const report: KernelReport = await page.evaluate((place) => (place === 'page' ? harness.kernelsInPage() : harness.kernelsInWorker()), where);
    console.log(
      [
        `kernels in Chromium ${session.browser.version} (${session.browser.program.origin}), ${report.where}, on ${report.adapter}: ${conformanceCount(report.kernels)}`,
        ...(where === 'page' ? report.kernels.map(conformanceLine) : []),
      ].join('\n'),
    );
    expect(report.where).toMatch(where === 'page' ? /Window/ : /DedicatedWorkerGlobalScope/);
    expect(report.kernels.filter(({ cases }) => cases === 0)).toEqual([]);
    expect(report.kernels.flatMap(({ faults }) => faults)).toEqual([]);
    expect(report.kernels.map(({ kernel }) => kernel)).toEqual(kernels.map(({ name }) => name));
    expect(session.uncaught).toEqual([]);
    passedInBrowser(session, 'kernels', conformanceCount(report.kernels), where);
    await page.close();
  });
});
