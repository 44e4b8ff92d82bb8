/** What the tests call in the page. */

import { browserServices, openBrowserDevice, readPageRecipe } from '../../../src/browser.ts';
import { type RecordedRollout, replay, type ReplayGap } from '../replay.ts';
import { hostMathBits } from './host-math.ts';
import type { KernelReport } from './kernels.ts';
import { runs } from './runs.ts';
import { storage } from './storage.ts';

const harness = {
  async kernelsInPage(): Promise<KernelReport> {
    const { runKernels } = await import('./kernels.ts');
    return runKernels();
  },
  kernelsInWorker(): Promise<KernelReport> {
    const worker = new Worker(new URL('./kernel-worker.ts', import.meta.url), { type: 'module' });
    return new Promise((resolve, reject) => {
      worker.addEventListener('message', ({ data }: MessageEvent<{ report?: KernelReport; error?: string }>) =>
        data.report ? resolve(data.report) : reject(new Error(data.error)),
      );
      worker.addEventListener('error', ({ message }) => reject(new Error(message)));
    });
  },
  /** Rollouts from elsewhere, fed to the policy here. */
  async replay(text: string, rollouts: readonly RecordedRollout[]): Promise<ReplayGap> {
    const { recipe } = await readPageRecipe(text);
    const { device } = await openBrowserDevice();
    const gap = await replay(recipe, browserServices(device, { baseUrl: document.baseURI }), rollouts);
    device.close();
    return gap;
  },
  hostMathBits,
  runs,
  storage,
};

export type Harness = typeof harness;

declare global {
  var harness: Harness;
}

globalThis.harness = harness;
