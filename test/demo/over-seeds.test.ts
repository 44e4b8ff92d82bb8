import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { OVER_SEEDS } from '../../demo/data/over-seeds.ts';
import { decodeRecording } from '../../demo/data/recording-file.ts';
import { variantOf } from '../../demo/lens/variants.ts';
import { createChoices } from '../../demo/ui/live/choices.ts';
import { readRecipe } from '../../src/node.ts';

const read = (path: string): Buffer => readFileSync(new URL(`../../${path}`, import.meta.url));

it('what the page says of three seeds stands in the table of docs/log.md', () => {
  const [table] = read('docs/log.md').toString().split('**Gentle**');
  for (const { label, right, alive, entropy } of [OVER_SEEDS.a, OVER_SEEDS.b]) {
    const row = table!.split('\n').find((line) => line.startsWith(`| ${label} |`));
    const cells = row!.split('|').map((cell) => cell.trim());
    expect(
      [cells[2], cells[4], cells[5]].map((cell) => Number.parseFloat(cell!)),
      label,
    ).toEqual([right, alive, entropy]);
    expect(Number(cells[8])).toBe(OVER_SEEDS.seeds);
  }
});

it('the recorded pair and the one that the page offers are those of the table', async () => {
  const { tracks } = await decodeRecording(new Uint8Array(read('demo/public/recordings/default.json.gz')));
  expect(tracks.map(({ info }) => info.label)).toEqual([OVER_SEEDS.a.label, OVER_SEEDS.b.label]);
  const { a, b } = createChoices();
  expect([variantOf(a.value).label, variantOf(b.value).label]).toEqual([OVER_SEEDS.a.label, OVER_SEEDS.b.label]);
});

it.each([
  ['clip_cov', 'clip-cov'],
  ['kl_cov', 'kl-cov'],
  ['clip_higher', 'clip-higher'],
  ['entropy_bonus', 'entropy-bonus'],
])('%s of the menus is the recipe that was measured', async (key, file) => {
  const folder = new URL('../../examples/recipes/', import.meta.url).pathname;
  const readText = (path: string) => Promise.resolve({ path, text: readFileSync(path.startsWith('/') ? path : `${folder}${path}`, 'utf8') });
  const algorithmOf = async (name: string, overrides: readonly string[]) =>
    (await readRecipe({ file: `${folder}${name}.yaml`, overrides: [...overrides], readText })).recipe.algorithm;
  expect(await algorithmOf('make-the-number', variantOf(key).overrides)).toEqual(await algorithmOf(file, []));
});
