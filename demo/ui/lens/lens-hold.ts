/** The lens's state and its worker: made when someone is about to open the lens, and kept for the page's life. */

import type { LensState } from './lens-state.ts';

export interface LensHold {
  /** Makes them on the first call. */
  open(): Promise<LensState>;
}

export function createLensHold(): LensHold {
  let state: Promise<LensState> | null = null;
  return {
    open() {
      state ??= import('./lens-state.ts').then(({ createLensState }) => createLensState());
      return state;
    },
  };
}
