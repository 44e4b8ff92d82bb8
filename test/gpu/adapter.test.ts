import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { adapterRemedy } from '../../src/gpu/adapter-node.ts';
import { throttledWait } from '../../src/gpu/throttle-node.ts';

const source = fileURLToPath(new URL('../../src/gpu/adapter-node.ts', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'adapter-test-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

interface Opened {
  readonly name?: string;
  readonly kind?: string;
  readonly reason?: string;
  readonly read?: readonly number[];
  readonly leaked?: readonly string[];
  readonly error?: string;
}

/** Opens an adapter in a process of its own, and writes to and reads from a buffer of it. */
async function open(choice: string, env: Readonly<Record<string, string>> = {}): Promise<Opened> {
  const script = `
    const before = { ...process.env };
    const { openAdapter } = await import(${JSON.stringify(source)});
    try {
      const { adapter, name, kind, reason, settle } = await openAdapter(${JSON.stringify(choice)});
      const leaked = Object.keys(process.env).filter((key) => process.env[key] !== before[key]);
      const device = await settle(adapter.requestDevice());
      const buffer = device.createBuffer({ size: 8, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
      device.queue.writeBuffer(buffer, 0, new Uint32Array([7, 8]));
      await settle(buffer.mapAsync(GPUMapMode.READ));
      console.log(JSON.stringify({ name, kind, reason, leaked, read: [...new Uint32Array(buffer.getMappedRange())] }));
      device.destroy();
    } catch (error) {
      console.log(JSON.stringify({ error: String(error) }));
    }`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], { env: { ...process.env, ...env } });
  let output = '';
  let complaints = '';
  child.stdout.on('data', (chunk) => (output += String(chunk)));
  child.stderr.on('data', (chunk) => (complaints += String(chunk)));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`the process ended with ${code}: ${complaints}`);
  return JSON.parse(output) as Opened;
}

const isLinuxX64 = process.platform === 'linux' && process.arch === 'x64';
if (!isLinuxX64) console.log('not run: opening SwiftShader (its package is for linux-x64 only)');
const lavapipeManifest = '/usr/share/vulkan/icd.d';
const hasLavapipe = existsSync(lavapipeManifest) && readdirSync(lavapipeManifest).some((name) => name.startsWith('lvp_'));
if (!hasLavapipe) console.log('not run: opening lavapipe (this system has no lavapipe)');

/** A fresh cache, named in the environment. */
function freshCache(name: string): { readonly env: Readonly<Record<string, string>>; readonly folder: string } {
  const home = join(root, name);
  mkdirSync(home, { mode: 0o700 });
  return { env: { XDG_CACHE_HOME: home }, folder: join(home, 'entrain') };
}

describe.runIf(isLinuxX64)('opening an adapter', () => {
  it('opens SwiftShader in two processes that race to unpack it into a folder only this user can enter', async () => {
    const { env, folder } = freshCache('race');
    const both = await Promise.all([open('swiftshader', env), open('swiftshader', env)]);
    for (const opened of both) expect(opened).toMatchObject({ kind: 'swiftshader', read: [7, 8], leaked: [] });
    const [unpacked = '', ...others] = readdirSync(folder);
    expect(others).toEqual([]);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, unpacked)).mode & 0o777).toBe(0o700);

    rmSync(join(folder, unpacked, 'libvk_swiftshader.so'));
    expect(await open('swiftshader', env)).toMatchObject({ read: [7, 8] });
    expect(readdirSync(folder)).toEqual([unpacked]);
  }, 60_000);

  it('falls back to SwiftShader where the system has no driver, and to a private folder where there is no cache', async () => {
    const temporary = join(root, 'temporary');
    mkdirSync(temporary);
    const opened = await open('auto', { XDG_CACHE_HOME: '/dev/null', TMPDIR: temporary, VK_DRIVER_FILES: '/nonexistent.json' });
    expect(opened).toMatchObject({ kind: 'swiftshader', read: [7, 8] });
    expect(opened.reason).toMatch(/neither a GPU nor lavapipe/);
    expect(readdirSync(temporary).filter((name) => name.startsWith('entrain-'))).toEqual([]);
  }, 60_000);

  it('does not trust a cache that others can write to', async () => {
    const { env, folder } = freshCache('shared');
    mkdirSync(folder);
    chmodSync(folder, 0o777);
    expect(await open('swiftshader', env)).toMatchObject({ read: [7, 8] });
    expect(readdirSync(folder)).toEqual([]);
  }, 60_000);

  it('lists the adapters there are when none has the name', async () => {
    const { error } = await open('GeForce 256', freshCache('unknown').env);
    expect(error).toMatch(/^DeviceError: adapter: expected one whose name has 'geforce 256', got .*'SwiftShader Device/);
  }, 60_000);
});

describe.runIf(hasLavapipe)('opening lavapipe', () => {
  it('opens by kind and by part of its name', async () => {
    for (const choice of ['lavapipe', 'LLVMpipe']) {
      const opened = await open(choice);
      expect(opened).toMatchObject({ kind: 'lavapipe', read: [7, 8], leaked: [] });
      expect(opened.name).toContain('llvmpipe');
    }
  }, 60_000);
});

describe('throttledWait', () => {
  const later = (ms: number): Promise<number> => new Promise((resolve) => setTimeout(() => resolve(ms), ms));

  it('passes values and errors through', async () => {
    const settle = throttledWait();
    expect(await Promise.all([settle(later(3)), settle(later(8)), settle(Promise.resolve('now'))])).toEqual([3, 8, 'now']);
    await expect(settle(Promise.reject(new Error('lost')))).rejects.toThrow('lost');
  });

  it('turns the event loop seldom while it waits, and freely afterwards', async () => {
    const settle = throttledWait();
    let turns = 0;
    let isCounting = true;
    const count = (): void => {
      turns += 1;
      if (isCounting) setImmediate(count);
    };
    setImmediate(count);
    await settle(later(60));
    const whileWaiting = turns;
    await later(60);
    isCounting = false;
    expect(whileWaiting).toBeLessThan(400);
    expect(turns - whileWaiting).toBeGreaterThan(4 * whileWaiting);
  });
});

describe('what to do where there is no adapter', () => {
  it('names the package on linux-x64 and says where there is none', () => {
    expect(adapterRemedy('linux', 'x64')).toContain('npm i @sparticuz/chromium@147.0.0');
    expect(adapterRemedy('linux', 'arm64')).toContain('npm has no driver for CPUs on linux-arm64');
    expect(adapterRemedy('darwin', 'arm64')).toContain('no driver for CPUs on macOS');
    expect(adapterRemedy('win32', 'x64')).toContain('no driver for CPUs on Windows');
  });
});
