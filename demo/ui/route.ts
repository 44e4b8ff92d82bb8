/** The URL's fragment and the page's view, in step: `#lens`, `#recipe`, `#tour-law`. Fragments of other kinds are left to others. */

import { effect } from '@preact/signals';
import { type PageState, type View, VIEWS } from './state/page-state.ts';
import { STOPS } from './tour/stops.ts';

/** Follows the fragment, and makes it follow the page. */
export function connectRoute(page: PageState): void {
  const { view, tour } = page;
  const follow = (): void => {
    const fragment = location.hash.slice(1);
    const stop = STOPS.findIndex(({ key }) => fragment === `tour-${key}`);
    if (stop >= 0) tour.value = stop;
    else if (fragment === '' || isView(fragment)) {
      tour.value = null;
      view.value = fragment === '' ? 'page' : (fragment as View);
    }
  };
  follow();
  addEventListener('hashchange', follow);
  let isFirst = true;
  effect(() => {
    const wanted = tour.value !== null ? `tour-${STOPS[tour.value]!.key}` : view.value === 'page' ? '' : view.value;
    const now = location.hash.slice(1);
    const isOurs = now === '' || isView(now) || now.startsWith('tour-');
    if (!isFirst && now !== wanted && (isOurs || wanted !== ''))
      history.pushState(null, '', wanted === '' ? location.pathname + location.search : `#${wanted}`);
    isFirst = false;
  });
}

function isView(fragment: string): boolean {
  return VIEWS.some((view) => view === fragment);
}
