/** The whole page: rivers and playhead above, charts and completions below. */

import { Header } from './header.tsx';
import { Lazy } from './lazy.tsx';
import { Controls } from './live/controls.tsx';
import { type Live, LiveProvider } from './live/live-context.ts';
import { Progress } from './live/progress.tsx';
import { ProbeLine } from './probe-line.tsx';
import { Rivers } from './rivers.tsx';
import { type PageState, PageStateProvider } from './state/page-state.ts';
import { Timeline } from './timeline.tsx';

interface PageProps {
  readonly state: PageState;
  readonly live: Live;
}

export function Page({ state, live }: PageProps) {
  return (
    <PageStateProvider value={state}>
      <LiveProvider value={live}>
        <Header />
        <main>
          <div class="stage">
            <ProbeLine />
            <Rivers />
            <Timeline />
            <Controls />
            <Progress />
          </div>
          <div class="below">
            <Lazy load={async () => (await import('./charts/charts.tsx')).Charts} placeholder={<div class="charts-room" />} />
          </div>
        </main>
      </LiveProvider>
    </PageStateProvider>
  );
}
