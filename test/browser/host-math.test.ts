import { afterAll, beforeAll, expect, it } from 'vitest';
import { hostMathBits } from './page/host-math.ts';
import { openSession, type Session } from './session.ts';

/** Those that the numbers of a run may use; test/architecture.test.ts keeps the others out of the source. */
const USED = ['sqrt', 'fround'];
const OWN = ['own exp', 'own expm1', 'own log', 'own sine', 'own cosine'];
const KEPT_OUT = ['exp', 'expm1', 'log', 'tanh', 'sin', 'cos', 'tan', 'pow'];

let session: Session;
beforeAll(async () => {
  session = await openSession();
});
afterAll(() => session.close());

it('the host mathematics that numbers may use has the same bits in Node and in Chromium', async () => {
  const page = await session.open();
  const there = await page.evaluate((names) => harness.hostMathBits(names), [...USED, ...OWN, ...KEPT_OUT]);
  const here = hostMathBits([...USED, ...OWN, ...KEPT_OUT]);
  const differing = KEPT_OUT.filter((name) => here[name] !== there[name]);
  console.log(
    `host mathematics, Node ${process.versions.node} (V8 ${process.versions.v8}) and Chromium ${session.browser.version}: ${[...USED, ...OWN].join(', ')} equal on 65,536 inputs; differing: ${differing.join(', ') || 'none'} (kept out of the numbers)`,
  );
  const wanted = [...USED, ...OWN];
  expect(Object.fromEntries(wanted.map((name) => [name, there[name]]))).toEqual(Object.fromEntries(wanted.map((name) => [name, here[name]])));
});
