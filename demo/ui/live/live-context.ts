/** Training and its controls, handed down the page. */

import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { LensHold } from '../lens/lens-hold.ts';
import type { Choices } from './choices.ts';
import type { LiveRun } from './live-run.ts';

export interface Live {
  readonly choices: Choices;
  readonly run: LiveRun;
  readonly lens: LensHold;
}

const LiveContext = createContext<Live | null>(null);

export const LiveProvider = LiveContext.Provider;

export function useLive(): Live {
  const live = useContext(LiveContext);
  if (!live) throw new Error('page: expected a component inside LiveProvider, got one outside.');
  return live;
}
