/** Which groups are kept, the price of length, and the loss without truncated rows. */

import { keepsGroup } from '../../../src/algorithms/stages/group-filter.ts';
import { overlongPenalty } from '../../../src/algorithms/stages/overlong.ts';
import { groupsOf } from './advantages.ts';
import type { CaseView } from './case.ts';

function groupFilter(view: CaseView): object {
  view.ignore('ddof');
  const isSpread = view.text('rule', '').startsWith('std');
  const filter = isSpread ? ({ rule: 'spread' } as const) : ({ rule: 'mean', low: view.number('low', 0), high: view.number('high', 1) } as const);
  const kept = groupsOf(view).filter((group) => keepsGroup(view.row('reward'), group, filter));
  return { keptGroups: kept.map(({ prompt }) => prompt), keptRows: kept.flatMap(({ rows }) => rows).sort((a, b) => a - b) };
}

function maskTruncated(view: CaseView): object {
  const truncated = view.row('truncated');
  const selected = view.table('mask').map((row, b) => row.map((m) => (truncated[b] ? 0 : m)));
  return { selected, tokens: selected.flat().reduce((sum, m) => sum + m, 0) };
}

function overlong(view: CaseView): object {
  const options = {
    maxTokens: view.number('maxLength', 0),
    buffer: view.number('buffer', 0),
    factor: view.number('factor', 1),
    floor: view.number('floor', null),
  };
  return { penalty: view.row('length').map((length) => overlongPenalty(length, options)) };
}

export const dapo = { group_filter: groupFilter, mask_truncated: maskTruncated, overlong };
