import { expect, it } from 'vitest';
import type { Track } from '../../demo/data/frame.ts';
import { createPageState, extend, moveTo, show } from '../../demo/ui/state/page-state.ts';
import { commonStep, EMPTY, type Shown } from '../../demo/ui/state/shown.ts';

const track = (side: 'A' | 'B', last: number): Track => ({
  info: { side, label: side, seed: 1, recipeText: '', steps: 9 },
  frames: Array.from({ length: last + 1 }, (_, step) => ({ step, metrics: {}, rivers: [], tokens: null })),
});
const shownAt = (a: number, b: number): Shown => ({ ...EMPTY, kind: 'live', tracks: [track('A', a), track('B', b)] });

it('while runs take turns the head stands where both are, so that like is compared with like', () => {
  expect([commonStep(shownAt(-1, -1), 1), commonStep(shownAt(1, -1), 1), commonStep(shownAt(1, 0), 1), commonStep(shownAt(4, 3), 1)]).toEqual([0, 1, 1, 3]);
  const page = createPageState(EMPTY, () => {});
  show(page, shownAt(1, 1));
  extend(page, shownAt(4, 3));
  expect([page.step.value, page.isFollowing.value]).toEqual([3, true]);
  moveTo(page, 1);
  extend(page, shownAt(5, 5));
  expect([page.step.value, page.isFollowing.value]).toEqual([1, false]);
  moveTo(page, 5);
  expect(page.isFollowing.value).toBe(true);
});
