/** The whole page: rivers and playhead above, charts and completions below. */

import { Header } from './header.tsx';
import { Lazy } from './lazy.tsx';
import { Controls } from './live/controls.tsx';
import { type Live, LiveProvider } from './live/live-context.ts';
import { Progress } from './live/progress.tsx';
import { NarratorLine } from './narrator-line.tsx';
import { NoticeLine } from './notice-line.tsx';
import { ProbeLine } from './probe-line.tsx';
import { Rivers } from './rivers.tsx';
import { ShareBar } from './share/share-bar.tsx';
import { type PageState, PageStateProvider, type View as ViewName } from './state/page-state.ts';
import { Timeline } from './timeline.tsx';
import { Tour } from './tour/tour.tsx';

interface PageProps {
  readonly state: PageState;
  readonly live: Live;
}

export function Page({ state, live }: PageProps) {
  return (
    <PageStateProvider value={state}>
      <LiveProvider value={live}>
        <Header />
        <NoticeLine />
        <main>
          <View view={state.view.value} />
        </main>
        <footer class="foot">
          <ShareBar />
          <p class="soft">Everything is computed in this page; nothing is sent anywhere.</p>
        </footer>
        <Tour />
      </LiveProvider>
    </PageStateProvider>
  );
}

function View({ view }: { readonly view: ViewName }) {
  if (view === 'lens') return <Lazy key="lens" load={async () => (await import('./lens/lens.tsx')).Lens} />;
  if (view === 'recipe') return <Lazy key="recipe" load={async () => (await import('./recipe/recipe-view.tsx')).RecipeView} />;
  return <Stage />;
}

/** What the page is about, and under it the particulars. */
function Stage() {
  return (
    <>
      <div class="stage">
        <ProbeLine />
        <Rivers />
        <Timeline />
        <NarratorLine />
        <Controls />
        <Progress />
      </div>
      <div class="below">
        <Lazy load={async () => (await import('./charts/charts.tsx')).Charts} placeholder={<div class="charts-room" />} />
        <Lazy load={async () => (await import('./tokens/completions.tsx')).Completions} />
      </div>
    </>
  );
}
