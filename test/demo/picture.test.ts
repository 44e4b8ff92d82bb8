import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { decodeRecording } from '../../demo/data/recording-file.ts';
import { pictureSvg } from '../../demo/ui/share/picture.ts';
import { shownRecording } from '../../demo/ui/opening.ts';

it('a picture says what was trained, on what, how far, and what came of it; markup in it is text', async () => {
  const bytes = readFileSync(new URL('../../demo/public/recordings/default.json.gz', import.meta.url));
  const recording = await decodeRecording(new Uint8Array(bytes));
  const [a, b] = recording.tracks;
  const last = a.info.steps;
  const svg = pictureSvg({ shown: shownRecording(recording), seed: a.info.seed, probe: 0, step: last, recipe: '<b>', colour: (css) => css });
  const { device, version } = recording.label;
  for (const part of [device, `version ${version}`, `step ${last} of ${last}`, `seed ${a.info.seed}`, `A  ${a.info.label}`, `B  ${b.info.label}`, '&lt;b&gt;'])
    expect(svg).toContain(part);
  const reward = a.frames.at(-1)!.metrics['reward']!.toFixed(2);
  expect(svg).toContain(`reward ${reward}`);
  expect(svg.match(/<path /g)!.length).toBeGreaterThan(20);
  expect(svg).not.toContain('<b>');
});
