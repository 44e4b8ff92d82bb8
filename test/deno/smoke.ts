/**
 * What must hold in a runtime: every kernel against its float64 reference, and a short run, on Dawn and on Deno's own WebGPU.
 *
 *   deno task test                                    under Deno
 *   node --import tsx --test test/deno/smoke.ts       under Node
 *
 * ENTRAIN_TEST_ADAPTER names one adapter; the default is SwiftShader through Dawn, and native
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeviceError } from '../../src/base/errors.ts';
import { openDevice, type OpenedDevice } from '../../src/gpu/open-device-node.ts';
import { kernels } from '../../src/kernels/index.ts';
import { trainRecipe } from '../../src/node.ts';
import { cases } from '../kernels/cases/index.ts';
import { conformanceCount, conformanceLine, conformanceOf, foldLimit } from '../kernels/conform.ts';
import { platformPassed } from '../platform-result.ts';

const { deno } = process.versions as { readonly deno?: string };
const runtime = deno === undefined ? `Node ${process.versions.node}` : `Deno ${deno}`;
const named = process.env['ENTRAIN_TEST_ADAPTER'];
const adapters = named === undefined ? ['swiftshader', 'native'] : [named];

/** Undefined, with its reason printed, where this machine has no such adapter. */
async function openOrSay(adapter: string, options: Parameters<typeof openDevice>[1]): Promise<OpenedDevice | undefined> {
  try {
    return await openDevice(adapter, options);
  } catch (error) {
    if (!(error instanceof DeviceError) || adapter !== 'native') throw error;
    console.log(`not run: ${adapter} under ${runtime} (${error.message})`);
    return undefined;
  }
}

function webgpuOf({ adapter }: OpenedDevice): string {
  return adapter.dawn.startsWith('none') ? 'its own (wgpu)' : `Dawn (webgpu ${adapter.dawn})`;
}

for (const adapter of adapters) {
  void test(`every kernel agrees with its reference on ${adapter}`, async () => {
    const own = await openOrSay(adapter, { foldLimit });
    if (!own) return;
    const portable = await openDevice(adapter, { foldLimit, tier: 'portable' });
    const found = [];
    for (const { name } of kernels) {
      const its = cases.filter(({ kernel }) => kernel.name === name);
      found.push(await conformanceOf(name, its, { own: own.device, portable: portable.device }));
    }
    console.log(
      `kernels under ${runtime}, ${adapter === 'native' ? 'wgpu' : `Dawn (webgpu ${own.adapter.dawn})`}, on ${own.adapter.name}: ${conformanceCount(found)}`,
    );
    own.device.close();
    portable.device.close();
    const unrun = found.filter(({ cases: count }) => count === 0).map(({ kernel }) => kernel);
    assert.deepEqual(
      unrun.filter((kernel) => !kernel.startsWith('matmul-subgroup')),
      [],
      'only the subgroup forms of the product may be missing',
    );
    assert.deepEqual(found.filter(({ faults }) => faults.length > 0).map(conformanceLine), []);
    platformPassed({ runtime, webgpu: webgpuOf(own), adapter: own.adapter.name, check: 'kernels', passed: conformanceCount(found) });
  });

  void test(`a short run ends on ${adapter}`, async () => {
    const opened = await openOrSay(adapter, {});
    if (!opened) return;
    opened.device.close();
    const steps: number[] = [];
    const recipe = new URL('../../examples/recipes/make-the-number.yaml', import.meta.url).pathname;
    const summary = await trainRecipe(recipe, {
      overrides: ['steps=2', 'batch.prompts=4', 'batch.update_prompts=2', 'eval.limit=2', 'eval.at_start=false', `adapter=${adapter}`],
      observer: { step: ({ step }) => void steps.push(step) },
    });
    assert.deepEqual([summary.stopped, summary.step, steps], ['done', 2, [1, 2]]);
    assert.ok(Number.isFinite(summary.metrics['reward']));
    platformPassed({ runtime, webgpu: webgpuOf(opened), adapter: opened.adapter.name, check: 'training', passed: '2 steps' });
    console.log(`a run of two steps under ${runtime} on ${adapter}: reward ${summary.metrics['reward']}, entropy ${summary.metrics['entropy']}`);
  });
}
