/** Signals and values that follow others when their turn to draw has come. */

import { type ReadonlySignal, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { usePage } from './state/page-state.ts';

/** For what takes long to draw: what changes the source is done at once, and each that follows it draws in a frame of its own. */
export function useInTurn<T>(source: ReadonlySignal<T>): ReadonlySignal<T> {
  const { drawing } = usePage();
  const followed = useSignal(source.peek());
  useEffect(() => {
    const draw = (): void => void (followed.value = source.peek());
    const unsubscribe = source.subscribe((value) => {
      if (value !== followed.peek()) drawing.ask(draw);
    });
    return () => {
      unsubscribe();
      drawing.leave(draw);
    };
  }, [source]);
  return followed;
}

/** What was handed to a component, as it was when its turn to draw had come. */
export function useHandedInTurn<T extends object>(handed: T): T {
  const source = useSignal(handed);
  useEffect(() => void (source.value = handed), Object.values(handed));
  return useInTurn(source).value;
}
