/** The fit of reward to entropy. */

import { fitEntropyLaw } from '../../../src/algorithms/law.ts';
import type { CaseView } from './case.ts';

export const law = {
  law_fit: (view: CaseView): object => fitEntropyLaw(view.row('entropy'), view.row('reward')) ?? { fit: null },
};
