/** Follows the law of reward and entropy over a run's evaluations, and says at each what it comes to. */

import { entropyLawBand, type EntropyPoint, fitEntropyLaw } from '../algorithms/law.ts';
import { Random } from '../base/random.ts';

/** The points so far, by evaluation set; part of a checkpoint. */
export type LawPoints = Readonly<Record<string, readonly EntropyPoint[]>>;

export interface LawWatch {
  /** Takes one evaluation of every set in; returns metrics of each set that has a fit. */
  take(metrics: Readonly<Record<string, number>>): Record<string, number>;
  state(): LawPoints;
}

/** @param isHeld Something holds the entropy or the policy, so that the law is not valid for this run. */
export function lawWatch(isHeld: boolean, known: LawPoints = {}): LawWatch {
  const points = new Map<string, EntropyPoint[]>(Object.entries(known).map(([set, own]) => [set, [...own]]));
  return {
    take(metrics) {
      const said: Record<string, number> = {};
      for (const [name, entropy] of Object.entries(metrics)) {
        const set = /^eval\/(.+)\/entropy$/.exec(name)?.[1];
        const reward = metrics[`eval/${set}/mean@1`];
        if (set === undefined || reward === undefined) continue;
        const own = [...(points.get(set) ?? []), { entropy, reward }];
        points.set(set, own);
        Object.assign(said, lawMetrics(set, own, isHeld));
      }
      return said;
    },
    state: () => Object.fromEntries(points),
  };
}

/** The draws of the band, the same for every run and report. */
export function bandRandom(): Random {
  return Random.seeded(0).fork('entropy-law');
}

function lawMetrics(set: string, points: readonly EntropyPoint[], isHeld: boolean): Record<string, number> {
  const [law, band] = [fitEntropyLaw(points), entropyLawBand(points, bandRandom())];
  if (!law || !band) return {};
  const at = (name: string): string => `law/${set}/${name}`;
  const metrics: Record<string, number> = { [at('valid')]: isHeld ? 0 : 1, [at('rmse')]: law.rmse, ...(law.r2 !== null && { [at('r2')]: law.r2 }) };
  for (const name of ['a', 'b', 'ceiling'] as const) {
    metrics[at(name)] = law[name];
    [metrics[at(`${name}_low`)], metrics[at(`${name}_high`)]] = band[name];
  }
  return metrics;
}
