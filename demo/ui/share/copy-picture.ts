/** The picture as a PNG: to the clipboard, or as a file where the browser does not let pictures in there. */

import { DataError } from '../../../src/index.ts';
import { resolvedColour } from '../charts/colours.ts';
import { overridesOf } from '../live/choices.ts';
import type { Live } from '../live/live-context.ts';
import { variantNamed } from '../live/menu.ts';
import type { PageState } from '../state/page-state.ts';
import { saveFile } from './save-file.ts';
import { PICTURE, pictureSvg } from './picture.ts';

/** Dots to a CSS pixel. */
const SCALE = 2;

/** What the page shows now, as SVG. */
export function currentPicture({ shown, seed, probe, step }: PageState, { choices }: Live): string {
  const now = shown.peek();
  const recipe = now.kind === 'live' ? overridesOf(choices, 'B', variantNamed(choices.b.peek())).join(' ') : '';
  return pictureSvg({ shown: now, seed: seed.peek(), probe: probe.peek(), step: step.peek(), recipe, colour: (css) => resolvedColour(document.body, css) });
}

/** Returns what was done, in words. @throws DataError where the browser draws no picture */
export async function copyPicture(page: PageState, live: Live): Promise<string> {
  const png = pngOf(currentPicture(page, live));
  try {
    // Safari wants the promise, and all want it within the click.
    await navigator.clipboard.write([new ClipboardItem({ 'image/png': png })]);
    return 'The picture is in the clipboard.';
  } catch {
    saveFile(await png, 'entrain.png');
    return 'The picture is saved as entrain.png.';
  }
}

async function pngOf(svg: string): Promise<Blob> {
  const url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = PICTURE.width * SCALE;
    canvas.height = PICTURE.height * SCALE;
    canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
    if (!blob) throw new DataError('picture: expected a PNG, got none. The browser may be short of memory; close other tabs.');
    return blob;
  } finally {
    URL.revokeObjectURL(url);
  }
}
