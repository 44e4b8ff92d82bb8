/** Every family of golden cases: file name → algorithm name → what computes it. */

import type { Device } from '../../../src/gpu/device.ts';
import { advantages } from './advantages.ts';
import { aggregation } from './aggregation.ts';
import type { CaseView } from './case.ts';
import { klFamily } from './kl.ts';
import { surrogates } from './surrogates.ts';

/** Computes a case on a device, under the keys of its `expected`. */
export type Compute = (view: CaseView, device: Device) => object | Promise<object>;
export type Family = Readonly<Record<string, Compute>>;

export const families: Readonly<Record<string, Family>> = {
  advantages,
  aggregation,
  kl: klFamily,
  surrogates,
};
