/** The fit of reward to entropy. */

import { fitEntropyLaw } from '../../../src/algorithms/law.ts';
import type { CaseView } from './case.ts';

export const law = {
  law_fit: (view: CaseView): object => {
    const rewards = view.row('reward');
    return fitEntropyLaw(view.row('entropy').map((entropy, i) => ({ entropy, reward: rewards[i]! }))) ?? { fit: null };
  },
};
