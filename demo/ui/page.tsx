/** The whole page: rivers and playhead above, charts and completions below. */

import { Header } from './header.tsx';
import { ProbeLine } from './probe-line.tsx';
import { Rivers } from './rivers.tsx';
import { type PageState, PageStateProvider } from './state/page-state.ts';
import { Timeline } from './timeline.tsx';

export function Page({ state }: { readonly state: PageState }) {
  return (
    <PageStateProvider value={state}>
      <Header />
      <main>
        <div class="stage">
          <ProbeLine />
          <Rivers />
          <Timeline />
        </div>
      </main>
    </PageStateProvider>
  );
}
