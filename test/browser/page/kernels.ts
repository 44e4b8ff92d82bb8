/** The conformance of every kernel, in a page or in a worker. */

import { openBrowserDevice } from '../../../src/browser.ts';
import { kernels } from '../../../src/kernels/index.ts';
import { cases } from '../../kernels/cases/index.ts';
import { type Conformance, conformanceOf, foldLimit } from '../../kernels/conform.ts';

export interface KernelReport {
  readonly adapter: string;
  readonly where: string;
  readonly kernels: readonly Conformance[];
}

export async function runKernels(): Promise<KernelReport> {
  const { device: own, adapter } = await openBrowserDevice({ foldLimit });
  const { device: portable } = await openBrowserDevice({ foldLimit, tier: 'portable' });
  const found: Conformance[] = [];
  for (const { name } of kernels) {
    const its = cases.filter(({ kernel }) => kernel.name === name);
    found.push(await conformanceOf(name, its, { own, portable }));
  }
  own.close();
  portable.close();
  return { adapter: adapter.name, where: globalThis.constructor.name, kernels: found };
}
