/** The lens's arithmetic, away from the page: every variant on the reference device. */

import type { TokenBatch } from '../../data/frame.ts';
import { parseExpression } from '../../lens/expression.ts';
import { readLens, readOwnWeight } from '../../lens/lens.ts';
import { warmUpLens } from '../../lens/warm-up.ts';
import type { FromLens, ToLens } from './protocol.ts';

serve();

function serve(): void {
  let batch: TokenBatch | null = null;
  const ready = warmUpLens();
  addEventListener('message', ({ data }: MessageEvent<ToLens>) => {
    if (data.kind === 'read') batch = data.batch;
    const seen = batch;
    ready
      .then(() => answer(data, seen))
      .catch((error: unknown) => say({ kind: 'failed', id: data.id, message: error instanceof Error ? error.message : String(error) }));
  });
}

async function answer(asked: ToLens, batch: TokenBatch | null): Promise<void> {
  const { id } = asked;
  if (asked.kind === 'read') {
    const started = performance.now();
    const reading = await readLens(asked.batch);
    say({ kind: 'reading', id, reading, milliseconds: performance.now() - started });
    return;
  }
  const parsed = parseExpression(asked.text);
  if (!parsed.ok) say({ kind: 'problem', id, problem: parsed });
  else if (batch) say({ kind: 'row', id, row: await readOwnWeight(batch, { label: 'Your own weight', expression: parsed.expression }) });
}

function say(message: FromLens): void {
  postMessage(message);
}
