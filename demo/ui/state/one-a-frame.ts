/** Drawing in turn: what waits is done one after the other, each in an animation frame of its own, so that no frame is long. */

/** Those who wait to draw. */
export interface OneAFrame {
  /** Takes a place at the end, or keeps the one it has. */
  ask(draw: () => void): void;
  leave(draw: () => void): void;
}

export function oneAFrame(animate: (next: () => void) => void): OneAFrame {
  const waiting = new Set<() => void>();
  let isGoing = false;
  const goOn = (): void => {
    isGoing = waiting.size > 0;
    if (isGoing) animate(next);
  };
  const next = (): void => {
    const [draw] = waiting;
    if (draw) waiting.delete(draw);
    try {
      draw?.();
    } finally {
      goOn();
    }
  };
  return {
    ask(draw) {
      waiting.add(draw);
      if (!isGoing) goOn();
    },
    leave: (draw) => void waiting.delete(draw),
  };
}
