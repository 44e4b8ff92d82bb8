/** Drawing in turn: a frame for each that waits, in the order of asking. */

import { describe, expect, it } from 'vitest';
import { oneAFrame } from '../../demo/ui/state/one-a-frame.ts';

/** Frames that come when they are told to. */
function frames() {
  const asked: (() => void)[] = [];
  return { animate: (next: () => void) => void asked.push(next), pass: () => asked.shift()?.(), count: () => asked.length };
}

describe('drawing in turn', () => {
  it('does one at each frame, first come first served, and asks for no frame when none waits', () => {
    const { animate, pass, count } = frames();
    const drawn: string[] = [];
    const drawing = oneAFrame(animate);
    const [a, b] = [() => void drawn.push('a'), () => void drawn.push('b')];
    for (const draw of [a, b, a]) drawing.ask(draw);
    expect([drawn, count()]).toEqual([[], 1]);
    pass();
    expect(drawn).toEqual(['a']);
    drawing.ask(a);
    pass();
    pass();
    expect([drawn, count()]).toEqual([['a', 'b', 'a'], 0]);
    drawing.ask(b);
    pass();
    expect([drawn.join(''), count()]).toEqual(['abab', 0]);
  });

  it('passes over who has left', () => {
    const { animate, pass, count } = frames();
    const drawn: string[] = [];
    const drawing = oneAFrame(animate);
    const [a, b] = [() => void drawn.push('a'), () => void drawn.push('b')];
    drawing.ask(a);
    drawing.ask(b);
    drawing.leave(a);
    pass();
    expect([drawn, count()]).toEqual([['b'], 0]);
  });

  it('goes on after one that fails', () => {
    const { animate, pass } = frames();
    const drawn: string[] = [];
    const drawing = oneAFrame(animate);
    drawing.ask(() => {
      throw new Error('no canvas');
    });
    drawing.ask(() => void drawn.push('b'));
    expect(pass).toThrow('no canvas');
    pass();
    expect(drawn).toEqual(['b']);
  });
});
