import { describe, expect, it } from 'vitest';
import { Turns } from '../../demo/live/turns.ts';

/** Runs of so many steps each, taking turns; returns who took which step, in the order in which they began. */
async function taken(lengths: readonly number[], failsAt?: { readonly who: number; readonly step: number }): Promise<string> {
  const turns = new Turns();
  const log: string[] = [];
  let working = 0;
  const run = async (length: number, who: number): Promise<void> => {
    await turns.join(who);
    try {
      for (let step = 1; step <= length; step++) {
        if (step > 1) await turns.next(who);
        expect(++working, 'one at a time').toBe(1);
        log.push(`${'ABC'[who]}${step}`);
        await new Promise((resolve) => setTimeout(resolve, (who * 7) % 3));
        working--;
        if (failsAt?.who === who && failsAt.step === step) throw new Error('lost');
      }
    } finally {
      turns.leave(who);
    }
  };
  await Promise.allSettled(lengths.map(run));
  expect(working).toBe(0);
  return log.join(' ');
}

describe('turns', () => {
  it('go round the ring, a step each', async () => {
    expect(await taken([3, 3])).toBe('A1 B1 A2 B2 A3 B3');
    expect(await taken([2, 2, 2])).toBe('A1 B1 C1 A2 B2 C2');
  });

  it('come at once where nobody else is there', async () => {
    expect(await taken([3])).toBe('A1 A2 A3');
  });

  it('pass over those who have left', async () => {
    expect(await taken([1, 3, 2])).toBe('A1 B1 C1 B2 C2 B3');
    expect(await taken([3, 1])).toBe('A1 B1 A2 A3');
  });

  it('go on where one fails while it holds the turn', async () => {
    expect(await taken([3, 3], { who: 0, step: 2 })).toBe('A1 B1 A2 B2 B3');
  });

  it('can be taken up again after all have left', async () => {
    const turns = new Turns();
    for (const who of [0, 1]) {
      await turns.join(who);
      turns.leave(who);
    }
    await turns.join(5);
    await turns.next(5);
    let hasCome = false;
    const waits = turns.join(6).then(() => (hasCome = true));
    await Promise.resolve();
    expect(hasCome).toBe(false);
    turns.leave(5);
    await waits;
    expect(hasCome).toBe(true);
  });
});
