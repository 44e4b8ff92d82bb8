/** A variant's weights for all tokens of the batch, as one strip: a column to a token, completions side by side. */

import { useEffect, useRef } from 'preact/hooks';
import { resolvedColour, useThemeCount } from '../charts/colours.ts';
import type { HeatScale } from '../tokens/ramp.ts';

export function BatchStrip({ weights, scale }: { readonly weights: Float32Array; readonly scale: HeatScale }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = useThemeCount();
  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext('2d');
    if (!element || !context) return;
    element.width = weights.length;
    const parent = element.parentElement ?? element;
    const [high, low] = [resolvedColour(parent, 'var(--ramp-high)'), resolvedColour(parent, 'var(--ramp-low)')];
    weights.forEach((weight, at) => {
      context.globalAlpha = Math.min(1, Math.abs(weight) / scale.full) * 0.9;
      context.fillStyle = weight < 0 ? low : high;
      context.fillRect(at, 0, 1, 1);
    });
  }, [weights, scale, theme]);
  return <canvas class="strip" ref={canvas} height={1} aria-hidden="true" />;
}
