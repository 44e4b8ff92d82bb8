/** The picture of a page: both rivers with what was trained, on what, and what came of it, as one SVG that needs nothing else. */

import { VERSION } from '../../../src/index.ts';
import type { Track } from '../../data/frame.ts';
import { narrate } from '../../narrator.ts';
import { accentOf } from '../accents.ts';
import { decimals, percent } from '../figures.ts';
import { bandColour, type BandPlan, planBands } from '../river/bands.ts';
import { columnAt, columnsOf, labelsAt, type RiverBox, streamPaths } from '../river/geometry.ts';
import { ANSWERS_ALIVE, metricAt, pairOf, type Shown, stepsOf } from '../state/shown.ts';

export const PICTURE = { width: 1200, height: 630 } as const;

const LEFT = 48;
const ROOM = 150;
const RIVER = { width: PICTURE.width - LEFT - ROOM, height: 178 } as const;

export interface PictureRequest {
  readonly shown: Shown;
  readonly seed: number;
  readonly probe: number;
  readonly step: number;
  /** One line of recipe, for the foot. */
  readonly recipe: string;
  /** Turns a CSS colour of the page into one that stands alone. */
  readonly colour: (css: string) => string;
}

/** Draws the picture as far as the playhead's step. */
export function pictureSvg({ shown, seed, probe, step, recipe, colour }: PictureRequest): string {
  const pair = pairOf(shown, seed);
  const plan = planBands(
    pair.map(({ frames }) => frames),
    probe,
  );
  const box: RiverBox = { ...RIVER, steps: stepsOf(shown) };
  const title = shown.probes[probe]?.words ?? '';
  const text = (x: number, y: number, size: number, fill: string, words: string, more = ''): string =>
    `<text x="${x}" y="${y}" font-size="${size}" fill="${colour(fill)}" ${more}>${escaped(words)}</text>`;
  const rivers = pair.slice(0, 2).map((track, i) => riverSvg({ track, plan, probe, step, box, top: 122 + i * 226, colour, text }));
  const foot = [shown.origin, shown.label === null ? `version ${VERSION}` : '', `step ${step} of ${box.steps}`, `seed ${seed}`, recipe]
    .filter(Boolean)
    .join(' · ');
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${PICTURE.width}" height="${PICTURE.height}" viewBox="0 0 ${PICTURE.width} ${PICTURE.height}" font-family="system-ui, sans-serif">`,
    `<defs><pattern id="h" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="5" height="5" fill="${colour('var(--shallow)')}"/><line x1=".5" y1="0" x2=".5" y2="5" stroke="${colour('var(--shallow-hatch)')}"/></pattern></defs>`,
    `<rect width="100%" height="100%" fill="${colour('var(--paper)')}"/>`,
    text(LEFT, 62, 34, 'var(--ink)', title, 'font-weight="650"'),
    text(PICTURE.width - LEFT, 60, 22, 'var(--soft)', 'Entrain', 'text-anchor="end" font-weight="650"'),
    ...rivers,
    ...lines(narrate(pair, probe, step), 118).map((line, i) => text(LEFT, 552 + 24 * i, 17, 'var(--ink)', line)),
    text(LEFT, PICTURE.height - 22, 14, 'var(--soft)', shortened(foot, 150)),
    '</svg>',
  ].join('');
}

interface RiverPart extends Pick<PictureRequest, 'probe' | 'step' | 'colour'> {
  readonly track: Track;
  readonly plan: BandPlan;
  readonly box: RiverBox;
  readonly top: number;
  readonly text: (x: number, y: number, size: number, fill: string, words: string, more?: string) => string;
}

function riverSvg({ track, plan, probe, step, box, top, colour, text }: RiverPart): string {
  const columns = columnsOf(track.frames, probe, plan, box).filter((column) => column.step <= step);
  const paths = streamPaths(columns);
  const last = columnAt(columns, step);
  const fill = (i: number): string => (i === 0 || i === paths.length - 1 ? 'url(#h)' : colour(bandColour(plan.rank.get(plan.order[i - 1]!) ?? 0)));
  const { side, label } = track.info;
  const standing = `reward ${decimals(metricAt(track, 'reward', step))}   entropy ${decimals(metricAt(track, 'entropy', step))} nats   answers alive ${decimals(metricAt(track, ANSWERS_ALIVE, step), 1)} of 8`;
  return [
    text(LEFT, top - 12, 18, accentOf(label), `${side}  ${label}`, 'font-weight="650"'),
    text(LEFT + RIVER.width, top - 12, 16, 'var(--ink)', standing, 'text-anchor="end" xml:space="preserve"'),
    `<g transform="translate(${LEFT} ${top})"><rect width="${last?.x ?? 0}" height="${box.height}" fill="${colour('var(--bank)')}"/>`,
    ...paths.map((path, i) => path && `<path d="${path}" fill="${fill(i)}" stroke="${colour('var(--paper)')}" stroke-width=".5"/>`),
    ...(last
      ? labelsAt(last, plan, box.height, 15).map(({ answer, y, share }) => text(last.x + 8, y + 4, 13, 'var(--ink)', `${answer}  ${percent(share)}`))
      : []),
    '</g>',
  ].join('');
}

/** A sentence in lines of at most so many characters, two of them. */
function lines(sentence: string, most: number): string[] {
  if (sentence.length <= most) return [sentence];
  const at = sentence.lastIndexOf(' ', most);
  return [sentence.slice(0, at), shortened(sentence.slice(at + 1), most)];
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function shortened(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
