/** The kernels of all stages, for the list of every kernel. */

import { kernels as clip } from './stages-clip.ts';
import { kernels as covariance } from './stages-covariance.ts';
import { kernels as entropy } from './stages-entropy.ts';
import { kernels as listwise } from './stages-listwise.ts';
import { kernels as penalty } from './stages-penalty.ts';
import { kernels as rollout } from './stages-rollout.ts';
import { kernels as select } from './stages-select.ts';
import { kernels as weights } from './stages-weights.ts';
import { kernels as tables } from './stages.ts';

export const stageKernels = [...tables, ...clip, ...weights, ...penalty, ...select, ...covariance, ...entropy, ...listwise, ...rollout] as const;
