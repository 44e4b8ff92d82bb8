/** Entropy against reward, with the law R = −a·e^H + b under the points and its ceiling. */

import { useComputed } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import type { EntropyLaw } from '../../../src/index.ts';
import type { Track } from '../../data/frame.ts';
import { accentOf } from '../accents.ts';
import { decimals } from '../figures.ts';
import { usePage } from '../state/page-state.ts';
import { pairOf } from '../state/shown.ts';
import { useInTurn } from '../use-in-turn.ts';
import { useWidth } from '../use-width.ts';
import { type LawBox, lawPath, type LawPoint, lawPoints, lawUntil, mostEntropy, xOf, yOf } from './law-geometry.ts';
import { PLOT_HEIGHT } from './plot-geometry.ts';

interface Fitted {
  readonly side: string;
  readonly label: string;
  readonly points: readonly LawPoint[];
  readonly law: EntropyLaw | null;
}

export function LawChart({ height = PLOT_HEIGHT }: { readonly height?: number }) {
  const { shown, seed, step } = usePage();
  const [ref, width] = useWidth<HTMLDivElement>();
  const pair = useInTurn(useComputed(() => ({ tracks: pairOf(shown.value, seed.value), at: step.value }))).value;
  const fits = useMemo(() => pair.tracks.map((track) => fittedUntil(track, pair.at)), [pair]);
  const box: LawBox = { width: width.value, height, most: mostEntropy(fits.flatMap(({ points }) => points)) };
  return (
    <figure class="chart law-chart">
      <figcaption>
        <h3 title="R = −a·e^H + b by least squares over held-out evaluations (Cui et al. 2025). At entropy 0 it reaches its ceiling b − a. The law is about runs without intervention.">
          Entropy law R = −a·e<sup>H</sup> + b
        </h3>
        <p class="figures">{sentenceOf(fits)}</p>
      </figcaption>
      <div class="canvas" ref={ref} style={{ height: `${height}px` }}>
        {width.value > 0 && <Plane fits={fits} box={box} step={pair.at} />}
      </div>
      <LawTable fits={fits} />
    </figure>
  );
}

function fittedUntil(track: Track, step: number): Fitted {
  const points = lawPoints(track);
  return { side: track.info.side, label: track.info.label, points, law: lawUntil(points, step) };
}

function Plane({ fits, box, step }: { readonly fits: readonly Fitted[]; readonly box: LawBox; readonly step: number }) {
  const ticks = Array.from({ length: Math.round(box.most / 0.2) + 1 }, (_, i) => i / 5);
  return (
    <svg width={box.width} height={box.height} aria-hidden="true" class="plane">
      {[0, 0.5, 1].map((reward) => (
        <g key={reward}>
          <line x1={xOf(box.most, box)} x2={xOf(0, box)} y1={yOf(reward, box)} y2={yOf(reward, box)} class="grid" />
          <text x={xOf(box.most, box) - 6} y={yOf(reward, box) + 3.5} text-anchor="end">
            {reward}
          </text>
        </g>
      ))}
      {ticks
        .filter((_, i) => i % 2 === 0)
        .map((entropy) => (
          <text key={entropy} x={xOf(entropy, box)} y={box.height - 6} text-anchor={entropy === 0 ? 'end' : 'middle'}>
            {entropy === 0 ? '0 nats' : entropy.toFixed(1)}
          </text>
        ))}
      {fits.map((fit) => (
        <FittedRun key={fit.side} fit={fit} box={box} step={step} />
      ))}
    </svg>
  );
}

function FittedRun({ fit: { side, label, points, law }, box, step }: { readonly fit: Fitted; readonly box: LawBox; readonly step: number }) {
  const ceiling = law && law.ceiling <= 1.05 ? yOf(law.ceiling, box) : null;
  return (
    <g style={{ '--accent': accentOf(label) }} class={side === 'A' ? 'law' : 'law controlled'}>
      {law && <path d={lawPath(law, box)} class="fit" />}
      {ceiling !== null && <line x1={xOf(0.12, box)} x2={xOf(0, box)} y1={ceiling} y2={ceiling} class="ceiling" />}
      {points.map((point) => (
        <circle key={point.step} cx={xOf(point.entropy, box)} cy={yOf(point.reward, box)} r="2.75" class={point.step <= step ? 'point' : 'point later'} />
      ))}
    </g>
  );
}

function sentenceOf(fits: readonly Fitted[]): string {
  const known = fits.filter(({ law }) => law !== null);
  if (known.length === 0) return 'fitted after four evaluations';
  return `ceiling ${known.map(({ side, law }) => `${side} ${decimals(law!.ceiling)}`).join(' · ')}`;
}

function LawTable({ fits }: { readonly fits: readonly Fitted[] }) {
  return (
    <details class="numbers">
      <summary>
        Table<span class="hidden-text"> of entropy and reward</span>
      </summary>
      <div class="scroll" tabIndex={0} role="region" aria-label="Entropy and reward, table">
        <table>
          <thead>
            <tr>
              <th scope="col">run</th>
              <th scope="col">step</th>
              <th scope="col">entropy, nats</th>
              <th scope="col">mean@1</th>
            </tr>
          </thead>
          <tbody>
            {fits.flatMap(({ side, points }) =>
              points.map(({ step, entropy, reward }) => (
                <tr key={`${side}${step}`}>
                  <th scope="row">{side}</th>
                  <td>{step}</td>
                  <td>{decimals(entropy, 3)}</td>
                  <td>{decimals(reward, 3)}</td>
                </tr>
              )),
            )}
          </tbody>
        </table>
      </div>
    </details>
  );
}
