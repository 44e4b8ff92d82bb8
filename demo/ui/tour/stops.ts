/** The tour's five stops: each is a view of the page, a place on it, and a few words. */

import { decimals } from '../figures.ts';
import type { View } from '../state/page-state.ts';
import { ANSWERS_ALIVE, lastStep, metricAt, pairOf, type Shown } from '../state/shown.ts';

export interface Stop {
  /** In the URL: `#tour-collapse`. */
  readonly key: string;
  readonly title: string;
  readonly view: View;
  /** What it points at. */
  readonly target: string;
  /** Where the playhead goes: a share of what there is. */
  readonly at: number | null;
  readonly words: (shown: Shown, seed: number) => string;
}

export const STOPS: readonly Stop[] = [
  {
    key: 'collapse',
    title: 'Collapse',
    view: 'page',
    target: '.rivers',
    at: 1,
    words: (shown, seed) =>
      `Both policies began with the same million right answers. Rewarding them made both more often right, and narrower. ${aliveInWords(shown, seed)} Samples that agree teach nothing: when every answer of a group earns the same, there is no better one to move towards.`,
  },
  {
    key: 'covariance',
    title: 'Covariance',
    view: 'lens',
    target: '.histogram',
    at: null,
    words: () =>
      'Entropy falls where a token that is already likely earns a reward above its group’s mean: where log-probability and advantage go up together. A handful of tokens, the right-hand tail, carry most of that. Clip-Cov leaves a few of them out of the update; KL-Cov pulls them back towards the old policy.',
  },
  {
    key: 'control',
    title: 'Control',
    view: 'page',
    target: '.controls',
    at: null,
    words: () =>
      'Entropy can be held, too. Choose a target here and B gets a bonus whose size chases it, stepping up while entropy is below the target and down while it is above. It answers within a step while training, so drag it and watch the lower river.',
  },
  {
    key: 'law',
    title: 'The law',
    view: 'page',
    target: '.law-chart',
    at: 1,
    words: () =>
      'Without intervention reward is bought with entropy: R = −a·e^H + b, here fitted to the evaluations so far. A quarter of a run foretells its end. At H = 0 nothing is left to pay with, and b − a is the ceiling. What lies above another run’s curve was not paid for in the same coin.',
  },
  {
    key: 'own-weight',
    title: 'Your own weight',
    view: 'lens',
    target: '.own-weight',
    at: null,
    words: () =>
      'Every variant is a weight for every token. Write one, for example advantage * (1 - prob), see it as one more row beside the published ones, and train with it. The text is parsed, never run as code.',
  },
];

function aliveInWords(shown: Shown, seed: number): string {
  const step = lastStep(shown, seed);
  const standing = pairOf(shown, seed).flatMap((track) => {
    const alive = metricAt(track, ANSWERS_ALIVE, step);
    return alive === undefined ? [] : [`${track.info.label} still finds ${decimals(alive, 1)}`];
  });
  return standing.length === 0 ? '' : `At step ${step}, of 8 tries at a prompt, ${standing.join(' different right answers; ')}.`;
}
