/** One line on how training goes, and its notes. */

import { useEffect } from 'preact/hooks';
import { duration, whole } from '../figures.ts';
import { type PageState, usePage } from '../state/page-state.ts';
import { requestOf } from './choices.ts';
import { useLive } from './live-context.ts';
import type { LiveRun } from './live-run.ts';

export function Progress() {
  const page = usePage();
  const { choices, run } = useLive();
  useHiddenNotice(page, run);
  const text = useProgress();
  const notes = run.notes.value;
  if (text === '' && notes.length === 0) return null;
  return (
    <div class="progress">
      <p role="status" class={run.status.value.kind === 'failed' ? 'trouble' : 'figures'}>
        {text}
      </p>
      {run.status.value.kind === 'failed' && run.status.value.isStorage && (
        <button type="button" class="plain" onClick={() => run.start(requestOf(choices, page, 'memory'))}>
          Train without keeping the runs
        </button>
      )}
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
      return 'Finishing the step …';
    case 'paused':
      return 'Paused.';
    case 'training': {
      const done = shown.value.tracks.reduce((sum, { frames }) => sum + (frames.at(-1)?.step ?? 0), 0);
      const all = shown.value.tracks.reduce((sum, { info }) => sum + info.steps, 0);
      if (!timing || timing.stepSeconds === 0 || done === 0) return 'Measuring the policy before its first step …';
      const left = (all - done) * run.pace.value;
      return `${whole(done)} of ${whole(all)} steps · ${timing.stepSeconds.toFixed(2)} s a step · about ${duration(left)} left`;
    }
  }
}

/** Training goes on in a tab that is hidden, slower where the browser holds it back; on return the page says what happened meanwhile. */
function useHiddenNotice(page: PageState, run: LiveRun): void {
  useEffect(() => {
    let left: number | null = null;
    const doneSteps = (): number => page.shown.peek().tracks.reduce((sum, { frames }) => sum + (frames.at(-1)?.step ?? 0), 0);
    const turn = (): void => {
      if (run.status.peek().kind !== 'training') left = null;
      else if (document.hidden) left = doneSteps();
      else if (left !== null) {
        page.notice.value = { level: 'note', text: `While this tab was hidden training went on: ${doneSteps() - left} steps.` };
        left = null;
      }
    };
    document.addEventListener('visibilitychange', turn);
    return () => document.removeEventListener('visibilitychange', turn);
  }, []);
}
