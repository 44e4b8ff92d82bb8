import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { tellingStall } from '../../src/cli/stall.ts';
import { endWhereBroken } from '../../src/cli/terminal.ts';

describe('a wait that nothing can end', () => {
  const loop = () => Object.assign(new EventEmitter(), { exitCode: undefined as number | undefined });

  it('is told with code 1, where Node would leave without a word', () => {
    const [source, said] = [loop(), [] as string[]];
    void tellingStall(
      source,
      (text) => said.push(text),
      () => new Promise(() => undefined),
    );
    source.emit('beforeExit');
    expect(source.exitCode).toBe(1);
    expect(said).toEqual([expect.stringMatching(/^entrain: expected an answer, got a wait that nothing can end: most likely a reward function.*\n$/)]);
  });

  it('is none once the command has ended, well or not', async () => {
    const source = loop();
    const told = () => expect.unreachable();
    expect(await tellingStall(source, told, async () => 0)).toBe(0);
    await expect(tellingStall(source, told, () => Promise.reject(new Error('refused')))).rejects.toThrow('refused');
    source.emit('beforeExit');
    expect(source.exitCode).toBeUndefined();
  });
});

describe('an output that nobody reads on', () => {
  const breaking = (code: string, isRunning: boolean) => {
    const stream = new EventEmitter();
    const told = { interrupts: 0, said: [] as string[], quits: [] as number[] };
    const interrupt = () => ++told.interrupts > 0 && isRunning;
    endWhereBroken({ stream, interrupt, say: (message) => told.said.push(message), quit: (exit) => told.quits.push(exit) });
    for (let writes = 1; writes <= 3; writes++) stream.emit('error', Object.assign(new Error(`${code}: no more`), { code }));
    return told;
  };

  it('stops a run once, as Ctrl-C does', () => {
    expect(breaking('EPIPE', true)).toEqual({ interrupts: 1, said: [], quits: [] });
  });

  it('ends anything else: without fault where it is a pipe, with a sentence and code 1 where it is not', () => {
    expect(breaking('EPIPE', false)).toEqual({ interrupts: 1, said: [], quits: [0] });
    const full = breaking('ENOSPC', false);
    expect(full.quits).toEqual([1]);
    expect(full.said).toEqual([expect.stringMatching(/^output: expected to write what is told, got ENOSPC: no more\. /)]);
  });
});
