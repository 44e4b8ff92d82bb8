/** The seven controls of the first screen: train, task, A, B, target entropy, learning rate, seeds. */

import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { LensVariant } from '../../lens/reading.ts';
import { usePage } from '../state/page-state.ts';
import { changeRate, changeSide, changeTarget } from './change.ts';
import { chooseTask } from './choices.ts';
import { useLive } from './live-context.ts';
import { FIRST_VARIANTS, MORE_VARIANTS, OWN_WEIGHT } from './menu.ts';
import { TASKS } from './recipes.ts';
import { TrainButton } from './train-button.tsx';

const RATES = [5e-5, 1e-4, 2e-4, 4e-4, 8e-4] as const;

export function Controls() {
  const { choices, run } = useLive();
  const isOpen = useSignal(false);
  const isRunning = ['starting', 'training', 'pausing', 'paused', 'stopping'].includes(run.status.value.kind);
  return (
    <section class="controls" aria-label="Training">
      <TrainButton />
      <button type="button" class="plain fold" aria-expanded={isOpen.value} aria-controls="settings" onClick={() => (isOpen.value = !isOpen.peek())}>
        Settings
      </button>
      <div class={isOpen.value ? 'settings open' : 'settings'} id="settings">
        <Field name="Task">
          <select
            value={choices.task.value}
            disabled={isRunning}
            title={isRunning ? 'Chosen before training starts' : undefined}
            onChange={({ currentTarget }) => chooseTask(choices, currentTarget.value)}
          >
            {TASKS.map(({ key, label }) => (
              <option key={key} value={key}>
                {label}
              </option>
            ))}
          </select>
        </Field>
        <VariantMenu side="A" />
        <VariantMenu side="B" />
        <TargetEntropy />
        <Field name="Learning rate">
          <select value={choices.learningRate.value} onChange={({ currentTarget }) => changeRate(choices, run, Number(currentTarget.value))}>
            {[...new Set([...RATES, choices.learningRate.value])]
              .sort((a, b) => a - b)
              .map((rate) => (
                <option key={rate} value={rate}>
                  {rate.toExponential().replace('-', '−')}
                </option>
              ))}
          </select>
        </Field>
        <fieldset class="field seeds" disabled={isRunning}>
          <legend>Seeds</legend>
          <div>
            {([1, 3] as const).map((count) => (
              <label key={count}>
                <input type="radio" name="seeds" checked={choices.seeds.value === count} onChange={() => (choices.seeds.value = count)} />
                <span>{count}</span>
              </label>
            ))}
          </div>
        </fieldset>
      </div>
    </section>
  );
}

function Field({ name, children }: { readonly name: string; readonly children: JSX.Element }) {
  return (
    <label class="field">
      <span>{name}</span>
      {children}
    </label>
  );
}

function VariantMenu({ side }: { readonly side: 'A' | 'B' }) {
  const { choices, run } = useLive();
  const chosen = side === 'A' ? choices.a : choices.b;
  return (
    <Field name={side}>
      <select value={chosen.value} onChange={({ currentTarget }) => changeSide(choices, run, side, currentTarget.value)}>
        {FIRST_VARIANTS.map(optionOf)}
        {choices.ownWeight.value !== null && <option value={OWN_WEIGHT}>Your own weight</option>}
        <optgroup label="More variants">{MORE_VARIANTS.map(optionOf)}</optgroup>
      </select>
    </Field>
  );
}

function optionOf({ key, label, summary }: LensVariant) {
  return (
    <option key={key} value={key} title={summary}>
      {label}
    </option>
  );
}

/** The entropy that B holds; at the left end it holds none. */
function TargetEntropy() {
  const { choices, run } = useLive();
  const { isPlaying } = usePage();
  const { target } = choices;
  const words = target.value === 0 ? 'off' : `${target.value.toFixed(2)} nats`;
  return (
    <Field name={`Target entropy of B: ${words}`}>
      <input
        type="range"
        min="0"
        max="1.2"
        step="0.05"
        value={target.value}
        aria-valuetext={words}
        onInput={({ currentTarget }) => {
          isPlaying.value = false;
          changeTarget(choices, run, Number(currentTarget.value));
        }}
      />
    </Field>
  );
}
