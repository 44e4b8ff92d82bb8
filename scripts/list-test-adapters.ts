/** Prints, as one line of JSON, each adapter that device tests want, with null where it opens and else the reason why not. */

import { openAdapter } from '../src/gpu/adapter-node.ts';

const offers: Record<string, string | null> = {};
for (const name of ['swiftshader', 'lavapipe']) {
  offers[name] = await openAdapter(name).then(
    () => null,
    (error: Error) => error.message,
  );
}
const best = await openAdapter();
if (best.kind === 'hardware') offers[best.name] = null;
else offers['a GPU'] = 'this machine offers none';

process.stdout.write(`${JSON.stringify(offers)}\n`);
process.exit();
