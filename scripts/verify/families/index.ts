/** Every family of golden cases: file name → algorithm name → what computes it. */

import type { Device } from '../../../src/gpu/device.ts';
import type { Compute } from '../algorithms.ts';
import { advantages } from './advantages.ts';
import { aggregation } from './aggregation.ts';
import { CaseView } from './case.ts';
import { covarianceFamily } from './covariance.ts';
import { entropyControl } from './entropy-control.ts';
import { klFamily } from './kl.ts';
import { surrogates } from './surrogates.ts';
import { tokenStats } from './token-stats.ts';
import { trl } from './trl.ts';

/** Computes a case under the keys of its `expected`. */
type ComputeView = (view: CaseView, device: Device) => object | Promise<object>;

function family(computations: Readonly<Record<string, ComputeView>>): Readonly<Record<string, Compute>> {
  return Object.fromEntries(
    Object.entries(computations).map(([name, compute]) => [name, async (one, device) => ({ ...(await compute(new CaseView(one), device)) })]),
  );
}

export const families: Readonly<Record<string, Readonly<Record<string, Compute>>>> = {
  advantages: family(advantages),
  aggregation: family(aggregation),
  covariance: family(covarianceFamily),
  entropy_control: family(entropyControl),
  kl: family(klFamily),
  surrogates: family(surrogates),
  trl: family(trl),
  token_stats: tokenStats,
};
