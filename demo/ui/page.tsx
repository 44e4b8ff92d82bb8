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
          <View view={state.view.value} live={live} />
        </main>
        <footer class="foot">
          <ShareBar />
          <p class="soft">Everything is computed in this page; nothing is sent anywhere.</p>
        </footer>
        {state.tour.value !== null && <Lazy load={async () => (await import('./tour/tour.tsx')).Tour} />}
      </LiveProvider>
    </PageStateProvider>
  );
}

function View({ view, live }: { readonly view: ViewName; readonly live: Live }) {
  if (view === 'lens') return <Lazy key="lens" load={() => loadLens(live)} />;
  if (view === 'recipe') return <Lazy key="recipe" load={async () => (await import('./recipe/recipe-view.tsx')).RecipeView} />;
  return <Stage />;
}

async function loadLens({ lens }: Live) {
  const [{ Lens }, state] = await Promise.all([import('./lens/lens.tsx'), lens.open()]);
  return () => <Lens lens={state} />;
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
