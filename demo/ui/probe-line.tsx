/** The probe prompt in words, and the way to the others. */

import { usePage } from './state/page-state.ts';

export function ProbeLine() {
  const { shown, probe } = usePage();
  const { probes } = shown.value;
  const turn = (by: number): void => {
    probe.value = (probe.peek() + by + probes.length) % probes.length;
  };
  const words = probes[probe.value]?.words ?? (shown.value.kind === 'opened' ? (shown.value.tracks[0]?.info.label ?? '') : '');
  return (
    <div class="probe">
      <p class="prompt" aria-live="polite">
        {words.replace('+ and −', '+\u00a0and\u00a0−')}
      </p>
      {probes.length > 1 && (
        <div class="turn">
          <button type="button" class="plain icon" aria-label="Previous prompt" onClick={() => turn(-1)}>
            <Arrow d="M10 3L5 8l5 5" />
          </button>
          <span class="figures" aria-hidden="true">
            {probe.value + 1}/{probes.length}
          </span>
          <button type="button" class="plain icon" aria-label="Next prompt" onClick={() => turn(1)}>
            <Arrow d="M6 3l5 5-5 5" />
          </button>
        </div>
      )}
      {probes.length > 0 && <p class="lead">Two copies of a small language model learn this from reward alone. How many ways does each keep?</p>}
      <ul class="key" hidden={probes.length === 0} aria-label="How to read the rivers">
        <li>
          <i class="swatch band" /> one right answer each, as high as its probability
        </li>
        <li>
          <i class="swatch shallow" /> all other right answers
        </li>
        <li>
          <i class="swatch bank" /> wrong answers
        </li>
      </ul>
    </div>
  );
}

function Arrow({ d }: { readonly d: string }) {
  return (
    <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path d={d} fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" />
    </svg>
  );
}
