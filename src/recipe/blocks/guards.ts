/** When a run that goes wrong is stopped. */

import { z } from 'zod';
import { about } from '../field.ts';

const steps = z.int().min(1).nullable();

export const guardsSchema = z
  .strictObject({
    non_finite_updates: steps.default(3).meta(about('Stop after so many updates in a row with a gradient that is not finite; null = never.', 'updates')),
    constant_reward_steps: steps
      .default(20)
      .meta(
        about(
          'After so many steps in a row in which every completion earns the same: stop, or, where that is the most there is to earn, end the run as done; null = neither.',
          'steps',
        ),
      ),
    log_prob_gap: z
      .number()
      .positive()
      .nullable()
      .default(0.01)
      .meta(about('Stop when sampler and trainer differ by more than this on a token; null = never.', 'nats')),
    truncated_share: z.number().gt(0).max(1).nullable().default(0.9).meta(about('Warn when a larger share of completions is cut off; null = never.')),
    entropy_floor: z.number().min(0).nullable().default(null).meta(about('Stop when the entropy falls below this.', 'nats')),
    kl_ceiling: z.number().positive().nullable().default(null).meta(about('Stop when the KL to the reference rises above this.', 'nats')),
  })
  .prefault({})
  .meta(about('Guards. A stop writes nothing over and exits with code 4.'));
