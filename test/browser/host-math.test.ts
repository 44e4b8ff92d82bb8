import { afterAll, beforeAll, expect, it } from 'vitest';
import { hostMathBits } from './page/host-math.ts';
import { openSession, type Session } from './session.ts';

/** Those that the numbers of a run may use; test/architecture.test.ts keeps the others out of the source. */
const USED = ['exp', 'expm1', 'log', 'log1p', 'log2', 'log10', 'sqrt', 'tanh', 'fround'];
const KEPT_OUT = ['sin', 'cos', 'tan', 'pow'];

let session: Session;
beforeAll(async () => {
  session = await openSession();
});
afterAll(() => session.close());

it('the host mathematics that numbers may use has the same bits in Node and in Chromium', async () => {
  const page = await session.open();
  const there = await page.evaluate((names) => harness.hostMathBits(names), [...USED, ...KEPT_OUT]);
  const here = hostMathBits([...USED, ...KEPT_OUT]);
  const differing = KEPT_OUT.filter((name) => here[name] !== there[name]);
  console.log(
    `host mathematics, Node ${process.versions.node} (V8 ${process.versions.v8}) and Chromium ${session.browser.version}: ${USED.join(', ')} equal on 65,536 inputs; differing: ${differing.join(', ') || 'none'} (kept out of the numbers)`,
  );
  expect(Object.fromEntries(USED.map((name) => [name, there[name]]))).toEqual(Object.fromEntries(USED.map((name) => [name, here[name]])));
});
