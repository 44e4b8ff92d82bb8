/** The page's one big button: train here, then stop; and why training cannot start where it cannot. */

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { usePage } from '../state/page-state.ts';
import { requestOf } from './choices.ts';
import { useLive } from './live-context.ts';
import { missingForTraining } from './readiness.ts';

export function TrainButton() {
  const page = usePage();
  const { choices, run } = useLive();
  const missing = useSignal<string | null>(null);
  useEffect(() => {
    void missingForTraining().then((reason) => (missing.value = reason));
  }, []);
  const { kind } = run.status.value;
  const start = (): void => run.start(requestOf(choices, page, 'stored'));
  if (kind === 'training' || kind === 'paused' || kind === 'pausing' || kind === 'stopping') {
    return (
      <div class="train">
        <button type="button" class="main" disabled={kind === 'stopping'} onClick={() => run.say({ kind: 'stop' })}>
          {kind === 'stopping' ? 'Stopping…' : 'Stop'}
        </button>
        <button
          type="button"
          class="plain"
          disabled={kind === 'stopping' || kind === 'pausing'}
          onClick={() => run.say({ kind: kind === 'paused' ? 'continue' : 'pause' })}
        >
          {kind === 'paused' ? 'Go on' : 'Pause'}
        </button>
        {(kind === 'paused' || kind === 'pausing') && (
          <button type="button" class="plain" disabled={kind === 'pausing'} title="One step of each side, then pause" onClick={() => run.say({ kind: 'step' })}>
            Step
          </button>
        )}
      </div>
    );
  }
  return (
    <div class="train">
      <button
        type="button"
        class="main"
        disabled={kind === 'starting' || missing.value !== null}
        aria-describedby={missing.value === null ? undefined : 'why-not'}
        onClick={start}
      >
        {kind === 'starting' ? 'Starting…' : 'Train it here'}
      </button>
      {missing.value !== null && (
        <p class="why-not" id="why-not">
          {missing.value}
        </p>
      )}
    </div>
  );
}
