import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Frame, RiverSlice, Track } from '../../demo/data/frame.ts';
import { halfOf, numberOfHalf, PackedWriter, readPacked } from '../../demo/data/packed-numbers.ts';
import { describeProbe } from '../../demo/data/probes.ts';
import type { Recording } from '../../demo/data/recording.ts';
import { decodeRecording, encodeRecording } from '../../demo/data/recording-file.ts';
import { DataError } from '../../src/index.ts';
import { drawnBatch } from './token-batches.ts';

const whole = drawnBatch(2);

function slice(step: number): RiverSlice {
  const probabilities = [0.5, 0.0123, 0.0004 * (step + 1)];
  const known = probabilities.reduce((sum, value) => sum + value, 0);
  return { answers: ['6+7+8', `6+9+7-${step + 1}`, '7+6+9-1'], probabilities, rest: 0.1, wrong: 1 - known - 0.1, samples: 128, sampledRight: 0.75 };
}

function track(side: 'A' | 'B'): Track {
  const frames = Array.from({ length: 5 }, (_, step): Frame => ({
    step,
    metrics: { reward: 0.3 + step / 17, ...(step % 2 === 0 && { 'eval/heldout/mean@1': 0.25 }) },
    rivers: [step % 2 === 0 ? slice(step) : null, null],
    tokens: step === 3 ? { ...whole, step, isWhole: false } : null,
  }));
  return { info: { side, label: side === 'A' ? 'GRPO' : 'Clip-Cov', seed: 1, recipeText: 'steps: 4', steps: 4 }, frames };
}

const recording: Recording = {
  label: { device: 'llvmpipe', date: '2026-11-21T12:00:00.000Z', version: '0.1.0', seconds: 61 },
  probes: ['67>21=', '15>32='].map(describeProbe),
  tracks: [track('A'), track('B')],
  frozen: whole,
};

describe('a recording as a file', () => {
  it('comes back as it was, to the digits it keeps', async () => {
    const back = await decodeRecording(new Uint8Array(gzipSync(encodeRecording(recording))));
    expect(back.label).toEqual(recording.label);
    expect(back.probes).toEqual(recording.probes);
    for (const side of [0, 1] as const) {
      const [was, is] = [recording.tracks[side], back.tracks[side]];
      expect(is.info).toEqual(was.info);
      is.frames.forEach((frame, step) => {
        expect(frame.metrics['reward']).toBeCloseTo(was.frames[step]!.metrics['reward']!, 4);
        expect(frame.metrics['eval/heldout/mean@1']).toBe(was.frames[step]!.metrics['eval/heldout/mean@1']);
        expect(frame.rivers[1]).toBeNull();
        expect(frame.rivers[0]?.answers).toEqual(was.frames[step]!.rivers[0]?.answers);
        frame.rivers[0]?.probabilities.forEach((probability, band) => {
          const exact = was.frames[step]!.rivers[0]!.probabilities[band]!;
          expect(Math.abs(probability - exact)).toBeLessThan(1e-5 + 1e-3 * exact);
        });
      });
    }
  });

  it('keeps the numbers of tokens, and works out again what follows from them', async () => {
    const { frozen, tracks } = await decodeRecording(encodeRecording(recording));
    expect(frozen.rows).toEqual(whole.rows.map((row) => ({ ...row, advantage: Number(row.advantage.toPrecision(7)) })));
    expect(frozen.isWhole).toBe(true);
    expect(frozen.columns.logProb).toEqual(whole.columns.logProb);
    const tokens = tracks[0].frames[3]!.tokens!;
    expect(tokens.isWhole).toBe(false);
    for (const name of ['logProb', 'entropy', 'covariance', 'predictedChange'] as const) {
      tokens.columns[name].forEach((value, at) => expect(Math.abs(value - whole.columns[name][at]!)).toBeLessThan(4e-3 * (1 + Math.abs(value))));
    }
  });

  it('is refused in words where it is damaged, or another', async () => {
    const file = encodeRecording(recording);
    const zipped = new Uint8Array(gzipSync(file));
    await expect(decodeRecording(zipped.subarray(0, zipped.length / 2))).rejects.toThrow(
      new DataError('recording: expected a whole gzip file, got one that does not unpack. Load it again.'),
    );
    await expect(decodeRecording(new Uint8Array(0))).rejects.toThrow(DataError);
    await expect(decodeRecording(new TextEncoder().encode('<!doctype html><title>404</title>'))).rejects.toThrow('got another or a damaged one');
    await expect(decodeRecording(file.subarray(0, file.length - 500))).rejects.toThrow('expected a column within');
  });
});

describe('packed numbers', () => {
  it('keep what a half can hold', () => {
    for (const value of [0, 1, -2.5, 65504, 6.1e-5, 5.96e-8, 1 / 3]) expect(numberOfHalf(halfOf(value))).toBeCloseTo(value, 3);
    expect(numberOfHalf(halfOf(1 / 3))).toBe(0.333251953125);
    expect(numberOfHalf(halfOf(2047.9999))).toBe(2048);
    expect(numberOfHalf(halfOf(1e9))).toBe(65504);
    expect(numberOfHalf(halfOf(Number.NaN))).toBeNaN();
    for (let bits = 0; bits < 0x7c00; bits++) expect(halfOf(numberOfHalf(bits))).toBe(bits);
  });

  it('come back column by column', () => {
    const writer = new PackedWriter();
    const columns = [writer.put('small', [1, 300, 65535]), writer.put('byte', [7]), writer.put('single', [1.5, -0.1]), writer.put('root', [0, 1, 0.25])];
    const [small, byte, single, root] = columns.map((column) => Array.from(readPacked(writer.bytes(), column)));
    expect([small, byte, single]).toEqual([[1, 300, 65535], [7], [1.5, Math.fround(-0.1)]]);
    root!.forEach((value, i) => expect(value).toBeCloseTo([0, 1, 0.25][i]!, 4));
  });
});
