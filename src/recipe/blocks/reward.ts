/** What a completion is paid for. */

import { z } from 'zod';
import { about } from '../field.ts';

const fieldValue = z.union([z.string(), z.number(), z.boolean()]);

const rewardEntry = z.strictObject({
  use: z.string().min(1).meta(about('A built-in reward, or a function of your own as path.ts:export; see “Rewards”.')),
  weight: z.number().default(1).meta(about('Factor of this reward in the total.')),
  args: z.record(z.string(), z.unknown()).default({}).meta(about('Options of this reward.')),
  when: z.record(z.string(), fieldValue).nullable().default(null).meta(about('Only for rows whose fields have these values; null = all.')),
});

export const rewardSchema = z.array(rewardEntry).default([]).meta(about('Rewards; a completion earns their weighted sum.'));
