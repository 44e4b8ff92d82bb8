/** Every family of golden cases: file name → algorithm name → what computes it. */

import type { Device } from '../../../src/gpu/device.ts';
import type { Compute } from '../algorithms.ts';
import { advantages } from './advantages.ts';
import { aggregation } from './aggregation.ts';
import { baldFamily } from './bald.ts';
import { CaseView } from './case.ts';
import { covarianceFamily } from './covariance.ts';
import { dapo } from './dapo.ts';
import { egpoFamily } from './egpo.ts';
import { entropyControl } from './entropy-control.ts';
import { entropyrlFamily } from './entropyrl.ts';
import { klFamily } from './kl.ts';
import { law } from './law.ts';
import { maxentFamily } from './maxent.ts';
import { offpolicy } from './offpolicy.ts';
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
  bald: family(baldFamily),
  covariance: family(covarianceFamily),
  dapo: family(dapo),
  egpo: family(egpoFamily),
  entropy_control: family(entropyControl),
  entropyrl: family(entropyrlFamily),
  kl: family(klFamily),
  law: family(law),
  maxent: family(maxentFamily),
  offpolicy: family(offpolicy),
  surrogates: family(surrogates),
  trl: family(trl),
  token_stats: tokenStats,
};
