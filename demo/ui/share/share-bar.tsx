/** What leaves the page: a link, a picture, a run; and a run that comes in. */

import { useRef } from 'preact/hooks';
import { useLive } from '../live/live-context.ts';
import { type Notice, show, usePage } from '../state/page-state.ts';

/** Not yet among the attributes that the types know. */
const WHOLE_FOLDER: Readonly<Record<string, boolean>> = { webkitdirectory: true };

export function ShareBar() {
  const page = usePage();
  const live = useLive();
  const [zip, folder] = [useRef<HTMLInputElement>(null), useRef<HTMLInputElement>(null)];
  const status = live.run.status.value;
  const places = status.kind === 'ended' ? status.opened.places.filter((place) => place !== null) : [];

  /** Does something and says how it went, in place of the last notice. */
  const say = (work: () => Promise<string>): void => {
    const tell = (level: Notice['level'], text: string): void => void (page.notice.value = { level, text });
    work().then(
      (text) => tell('note', text),
      (error: unknown) => tell('warning', error instanceof Error ? error.message : String(error)),
    );
  };
  const open = async (files: readonly File[]): Promise<string> => {
    const { openRun } = await import('./runs.ts');
    const shown = await openRun(files);
    show(page, shown);
    page.furthest.value = page.head.value = shown.tracks[0]?.info.steps ?? 0;
    page.view.value = 'page';
    return `${shown.origin}.`;
  };
  const opened = ({ currentTarget }: { readonly currentTarget: HTMLInputElement }): void => {
    const files = [...(currentTarget.files ?? [])];
    currentTarget.value = '';
    if (files.length > 0) say(() => open(files));
  };
  return (
    <div class="share-bar">
      <button type="button" class="plain" onClick={() => say(async () => (await import('./copy-link.ts')).copyLink(live))}>
        Copy link
      </button>
      <button type="button" class="plain" onClick={() => say(async () => (await import('./copy-picture.ts')).copyPicture(page, live))}>
        Copy picture
      </button>
      {places.map((place) => (
        <button type="button" class="plain" key={place} onClick={() => say(async () => (await import('./runs.ts')).saveRun(place))}>
          Save {place.split('/').at(-1)}
        </button>
      ))}
      <button type="button" class="plain" onClick={() => zip.current?.click()}>
        Open a run
      </button>
      <button type="button" class="plain" title="The folder of one run, as Node leaves it under runs/" onClick={() => folder.current?.click()}>
        Open its folder
      </button>
      <input ref={zip} type="file" accept=".zip,application/zip" hidden aria-label="A run’s zip" onChange={opened} />
      <input ref={folder} type="file" {...WHOLE_FOLDER} hidden aria-label="A run’s folder" onChange={opened} />
    </div>
  );
}
