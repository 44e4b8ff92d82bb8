/** What the recording shows, read from its file: late in training, B against A. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Track } from '../../demo/data/frame.ts';
import { DEFAULT_RECORDING } from '../../demo/data/recording.ts';
import { decodeRecording } from '../../demo/data/recording-file.ts';
import { atLeast, atMost, type Figure, mean } from './figure.ts';

/** Evaluations from this share of the steps on are late. */
const LATE = 0.75;

/** @param folder of the built page */
export async function recordedFigures(folder: string): Promise<Figure[]> {
  const bytes = readFileSync(join(folder, DEFAULT_RECORDING));
  const { label, tracks } = await decodeRecording(new Uint8Array(bytes));
  const [a, b] = tracks;
  const both = (metric: string): [number, number] => [lateMean(a, metric), lateMean(b, metric)];
  const ratio = (what: string, metric: string, bound: number): Figure => {
    const [ofA, ofB] = both(metric);
    return atLeast({ what: `recorded pair: ${what}, B / A`, value: ofB / ofA, bound, note: `${ofB.toFixed(2)} / ${ofA.toFixed(2)}` });
  };
  const [rightA, rightB] = both('eval/heldout/mean@1');
  const isLabelled = label.device !== '' && label.version !== '' && !Number.isNaN(Date.parse(label.date));
  return [
    ratio('late entropy', 'eval/heldout/entropy', 1.5),
    ratio('late answers alive', 'eval/heldout/distinct@8', 1.3),
    atLeast({ what: 'recorded pair: late mean@1, B − A', value: rightB - rightA, bound: 0, note: `${rightB.toFixed(3)} − ${rightA.toFixed(3)}` }),
    atLeast({ what: 'recorded pair: steps', value: Math.min(a.info.steps, b.info.steps), bound: 240, places: 0 }),
    atMost({ what: 'recorded pair: file', value: bytes.length / 1024, bound: 150, unit: 'KB', places: 1 }),
    {
      what: 'recorded pair: label',
      value: `${label.device}, ${label.date.slice(0, 10)}, version ${label.version}`,
      bound: 'device, date, version',
      isMet: isLabelled,
    },
  ];
}

function lateMean({ info, frames }: Track, metric: string): number {
  return mean(
    frames.flatMap(({ step, metrics }) => {
      const value = metrics[metric];
      return step >= LATE * info.steps && value !== undefined ? [value] : [];
    }),
  );
}
