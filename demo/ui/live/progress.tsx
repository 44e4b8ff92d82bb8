/** One line on how training goes, and its notes. */

import { duration, whole } from '../figures.ts';
import { usePage } from '../state/page-state.ts';
import { useLive } from './live-context.ts';

export function Progress() {
  const { run } = useLive();
  const text = useProgress();
  const notes = run.notes.value;
  if (text === '' && notes.length === 0) return null;
  return (
    <div class="progress">
      <p role="status" class={run.status.value.kind === 'failed' ? 'trouble' : 'figures'}>
        {text}
      </p>
      {notes.map(({ level, message }) => (
        <p key={message} class={level === 'note' ? 'soft' : 'trouble'}>
          {message}
        </p>
      ))}
    </div>
  );
}

function useProgress(): string {
  const { run } = useLive();
  const { shown } = usePage();
  const status = run.status.value;
  const timing = run.timing.value;
  switch (status.kind) {
    case 'idle':
      return '';
    case 'starting':
      return 'Opening the GPU, loading the policy (560 kB) and compiling its kernels …';
    case 'failed':
      return status.message;
    case 'ended':
      return `${status.wasStopped ? 'Stopped' : 'Trained'} after ${duration(status.seconds)}${status.opened.places.some(Boolean) ? '; the runs are kept in this browser' : ''}.`;
    case 'stopping':
      return 'Finishing the step and saving …';
    case 'pausing':
    case 'paused':
      return 'Paused after this step.';
    case 'training': {
      const done = shown.value.tracks.reduce((sum, { frames }) => sum + (frames.at(-1)?.step ?? 0), 0);
      const all = shown.value.tracks.reduce((sum, { info }) => sum + info.steps, 0);
      if (!timing || timing.stepSeconds === 0 || done === 0) return 'Measuring the policy before its first step …';
      const left = (all - done) * (timing.stepSeconds + timing.measureSeconds);
      return `${whole(done)} of ${whole(all)} steps · ${timing.stepSeconds.toFixed(2)} s a step · about ${duration(left)} left`;
    }
  }
}
