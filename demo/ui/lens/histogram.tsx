/** The batch's covariances, with the band Clip-Cov draws from and the tail KL-Cov pulls back. */

import type { CovarianceHistogram } from '../../lens/reading.ts';
import { decimals } from '../figures.ts';
import { useWidth } from '../use-width.ts';

const HEIGHT = 132;
const FLOOR = 20;
const TOP = 26;

export function Histogram({ histogram }: { readonly histogram: CovarianceHistogram }) {
  const [ref, width] = useWidth<HTMLDivElement>();
  const { counts, edges, clipCov, klCov } = histogram;
  return (
    <figure class="chart">
      <figcaption>
        <h3 title="c = (ln p − mean ln p) · (A − mean A), over the mini-batch. Tokens of high covariance are those whose update lowers the entropy most.">
          Covariance of the batch’s tokens
        </h3>
        <p class="figures">{counts.reduce((a, b) => a + b, 0)} tokens, height by log count</p>
      </figcaption>
      <div ref={ref} style={{ height: `${HEIGHT}px` }}>
        {width.value > 0 && <Bars histogram={histogram} width={width.value} />}
      </div>
      <p class="hidden-text">
        Covariances reach from {decimals(edges[0])} to {decimals(edges.at(-1))}. Clip-Cov draws from {decimals(clipCov.low)} to {decimals(clipCov.high)}; KL-Cov
        pulls back those of {decimals(klCov.threshold)} and above.
      </p>
    </figure>
  );
}

function Bars({ histogram: { counts, edges, clipCov, klCov }, width }: { readonly histogram: CovarianceHistogram; readonly width: number }) {
  const [low, high] = [edges[0]!, edges.at(-1)!];
  const x = (value: number): number => ((Math.min(high, Math.max(low, value)) - low) / (high - low)) * width;
  const most = Math.log1p(Math.max(...counts));
  const room = HEIGHT - FLOOR - TOP;
  const ticks = [Math.ceil(low), 0, Math.floor(high)].filter((tick, i, all) => all.indexOf(tick) === i);
  return (
    <svg width={width} height={HEIGHT} aria-hidden="true" class="histogram">
      <rect
        x={x(clipCov.low)}
        y={TOP}
        width={x(clipCov.high) - x(clipCov.low)}
        height={room}
        fill="color-mix(in oklab, var(--accent-clip-cov) 14%, transparent)"
      />
      <text {...placed(x(clipCov.low), width)} y={9} fill="var(--accent-clip-cov)">
        Clip-Cov draws from this band
      </text>
      {counts.map((count, bin) => {
        const height = (Math.log1p(count) / most) * room;
        return (
          <rect
            key={bin}
            x={x(edges[bin]!) + 0.5}
            y={HEIGHT - FLOOR - height}
            width={Math.max(0.5, width / counts.length - 1)}
            height={height}
            class={edges[bin]! >= klCov.threshold ? 'tail' : 'bar'}
          />
        );
      })}
      <line x1={x(klCov.threshold)} x2={x(klCov.threshold)} y1={TOP - 10} y2={HEIGHT - FLOOR} stroke="var(--accent-kl-cov)" />
      <text {...placed(x(klCov.threshold), width)} y={21} fill="var(--accent-kl-cov)">
        KL-Cov pulls these back
      </text>
      {ticks.map((tick) => (
        <text key={tick} x={x(tick)} y={HEIGHT - 6} text-anchor={tick === ticks[0] ? 'start' : 'middle'} class="tick">
          {String(tick).replace('-', '−')}
        </text>
      ))}
    </svg>
  );
}

/** Text that begins at a place, or ends at the right edge where it would not fit. */
function placed(at: number, width: number): { readonly x: number; readonly 'text-anchor': 'start' | 'end' } {
  return at + 175 > width ? { x: width, 'text-anchor': 'end' } : { x: at + 3, 'text-anchor': 'start' };
}
