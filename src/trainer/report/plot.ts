/** Line plots and the entropy–reward plane, as inline SVG. Colours come from the page's style, so light and dark both work. */

import type { EntropyLaw, EntropyPoint, LawBand } from '../../algorithms/law.ts';
import { type Html, markup } from './html.ts';
import { label, type Scale, scaleOver } from './scale.ts';

export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Which of the page's three accents. */
  readonly tone: 1 | 2 | 3;
  /** Few, exact measurements get a mark each. */
  readonly marks?: boolean;
}

export interface Plot {
  readonly title: string;
  /** What the numbers are and how they are counted. */
  readonly caption: string;
  readonly series: readonly Series[];
  /** Start the vertical axis at 0. */
  readonly fromZero?: boolean;
}

const width = 420;
const height = 220;
const box = { left: 46, right: width - 12, top: 12, bottom: height - 30 } as const;
const mostPoints = 500;

/** A figure of lines over steps, with its legend and its numbers in words. */
export function linePlot({ title, caption, series, fromZero = true }: Plot): Html {
  const drawn = series.map((one) => ({ ...one, points: thinned(one.points) })).filter(({ points }) => points.some(([, y]) => Number.isFinite(y)));
  if (drawn.length === 0) return markup``;
  const xs = scaleOver(
    drawn.flatMap(({ points }) => points.map(([x]) => x)),
    box.left,
    box.right,
  );
  const ys = scaleOver(
    drawn.flatMap(({ points }) => points.map(([, y]) => y)),
    box.bottom,
    box.top,
    { withZero: fromZero },
  );
  return figure(title, caption, drawn, markup`${axes(xs, ys, 'step')}${drawn.map((one) => path(one, xs, ys))}`);
}

/** The law as it is drawn: grey, and marked, where it is not valid for the run. */
export interface DrawnLaw {
  readonly law: EntropyLaw;
  readonly band: LawBand;
  readonly isValid: boolean;
}

/** Reward against entropy, one dot an evaluation, light to dark as training goes on; with the fitted law, its band and its ceiling. */
export function entropyPlane(points: readonly EntropyPoint[], drawn: DrawnLaw | null, caption: string): Html {
  const finite = points.filter(({ entropy, reward }) => Number.isFinite(entropy) && Number.isFinite(reward));
  if (finite.length < 2) return markup``;
  const xs = scaleOver(
    finite.map(({ entropy }) => entropy),
    box.left,
    box.right,
    { withZero: true },
  );
  const highest = 1.05 * finite.reduce((most, { entropy }) => Math.max(most, entropy), 0);
  const fitted = drawn ? curveOf((entropy) => drawn.law.b - drawn.law.a * Math.exp(entropy), highest) : [];
  const ys = scaleOver([...finite.map(({ reward }) => reward), ...fitted.map(([, y]) => y)], box.bottom, box.top, { withZero: true });
  const dots = finite.map(({ entropy, reward }, i) => {
    const share = (0.25 + (0.75 * i) / (finite.length - 1)).toFixed(2);
    const title = `entropy ${label(entropy)}, reward ${label(reward)}`;
    return markup`<circle class="dot tone-1" cx="${px(xs.at(entropy))}" cy="${px(ys.at(reward))}" r="4" fill-opacity="${share}"><title>${title}</title></circle>`;
  });
  const curve: Series = { name: drawn?.isValid === false ? 'R = −a·e^H + b, not valid' : 'R = −a·e^H + b', points: fitted, tone: 2 };
  const named: Series = { name: 'evaluations, first to last', points: [], tone: 1, marks: true };
  const law = drawn
    ? markup`<g class="${drawn.isValid ? 'law' : 'law not-valid'}">${bandOf(drawn.band, highest, xs, ys)}${path(curve, xs, ys)}</g>`
    : undefined;
  return figure('Reward against entropy', caption, drawn ? [named, curve] : [named], markup`${axes(xs, ys, 'entropy, nats')}${law}${dots}`);
}

/** Values from entropy 0, where the ceiling shows, to just past the data. */
function curveOf(at: (entropy: number) => number, highest: number): [number, number][] {
  return Array.from({ length: 41 }, (_, i) => {
    const entropy = (highest * i) / 40;
    return [entropy, at(entropy)];
  });
}

/** The area between the band's edges, cut at the plane's. */
function bandOf(band: LawBand, highest: number, xs: Scale, ys: Scale): Html {
  const inside = (y: number): number => Math.min(box.bottom, Math.max(box.top, ys.at(y)));
  const edge = (side: 0 | 1): string[] => curveOf((entropy) => band.at(entropy)[side], highest).map(([x, y]) => `${px(xs.at(x))} ${px(inside(y))}`);
  return markup`<path class="band tone-2" d="M${[...edge(1), ...edge(0).toReversed()].join('L')}Z" />`;
}

function figure(title: string, caption: string, series: readonly Series[], drawing: Html): Html {
  const last = series.flatMap(({ name, points }) => (points.length > 0 ? `${name} ${label(points.at(-1)![1])}` : [])).join(', ');
  const legend = series.map(({ name, tone }) => markup`<li><i class="key tone-${tone}"></i>${name}</li>`);
  return markup`<figure>
    <figcaption>
      <h3>${title}</h3>
      <ul class="legend">
        ${legend}
      </ul>
    </figcaption>
    <svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}. Last: ${last}">${drawing}</svg>
    <p class="caption">${caption}</p>
  </figure>`;
}

function axes(xs: Scale, ys: Scale, name: string): Html {
  const lines = ys.ticks.map((tick) => markup`<line class="grid" x1="${box.left}" x2="${box.right}" y1="${px(ys.at(tick))}" y2="${px(ys.at(tick))}"/>`);
  const rows = ys.ticks.map((tick) => markup`<text x="${box.left - 6}" y="${px(ys.at(tick) + 4)}" text-anchor="end">${label(tick)}</text>`);
  const columns = xs.ticks.map((tick) => markup`<text x="${px(xs.at(tick))}" y="${box.bottom + 15}" text-anchor="middle">${label(tick)}</text>`);
  return markup`${lines}${rows}${columns}<text class="axis" x="${box.right}" y="${height - 2}" text-anchor="end">${name}</text>`;
}

function path({ name, points, tone, marks }: Series, xs: Scale, ys: Scale): Html {
  let d = '';
  let isDown = false;
  for (const [x, y] of points) {
    if (Number.isFinite(y)) d += `${isDown ? 'L' : 'M'}${px(xs.at(x))} ${px(ys.at(y))}`;
    isDown = Number.isFinite(y);
  }
  const dots = marks ? points.filter(([, y]) => Number.isFinite(y)) : [];
  return markup`<path class="line tone-${tone}" d="${d}" />${dots.map(
    ([x, y]) =>
      markup`<circle class="dot tone-${tone}" cx="${px(xs.at(x))}" cy="${px(ys.at(y))}" r="3"><title>${name}, ${label(x)}: ${label(y)}</title></circle>`,
  )}`;
}

/** At most so many points: means of neighbours. A stretch of gaps stays a gap. */
function thinned(points: Series['points']): Series['points'] {
  const size = Math.ceil(points.length / mostPoints);
  if (size <= 1) return points;
  return Array.from({ length: Math.ceil(points.length / size) }, (_, i) => {
    const part = points.slice(i * size, (i + 1) * size);
    const values = part.map(([, y]) => y).filter(Number.isFinite);
    return [part[0]![0], values.reduce((sum, y) => sum + y, 0) / values.length] as const;
  });
}

function px(value: number): string {
  return value.toFixed(1);
}
