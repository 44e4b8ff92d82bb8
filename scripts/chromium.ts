/** A Chromium to drive: the system's own, else the one in `@sparticuz/chromium`, unpacked for this user without root. */

import { createHash } from 'node:crypto';
import { accessSync, constants, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { type BrowserContext, type BrowserContextOptions, chromium } from 'playwright';
import { untar } from '../src/gpu/untar-node.ts';
import { unpackForUser } from '../src/gpu/user-cache-node.ts';

export interface ChromiumProgram {
  /** For people: where it comes from. */
  readonly origin: string;
  readonly executable: string;
  readonly env: Readonly<Record<string, string>>;
  /** SHA-256 of its SwiftShader library, where that lies beside it. */
  readonly swiftShader: string | null;
}

const SYSTEM_NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];

/** WebGPU, computed by SwiftShader whatever the machine has; and what a container without a zygote needs. */
const FLAGS = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--no-zygote'];

/**
 * The programs at hand, the preferred one first. ENTRAIN_CHROMIUM names one: a path, or `package`.
 *
 * @throws Error if there is none
 */
export function chromiumPrograms(): readonly ChromiumProgram[] {
  const wanted = process.env['ENTRAIN_CHROMIUM'];
  if (wanted && wanted !== 'package') return [programAt(wanted, 'ENTRAIN_CHROMIUM')];
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const system = SYSTEM_NAMES.flatMap((name) =>
    folders
      .map((folder) => join(folder, name))
      .filter(isProgram)
      .slice(0, 1),
  );
  const fromPackage = unpackChromium();
  const found = [...(wanted ? [] : system.map((path) => programAt(path, 'the system'))), ...(fromPackage ? [fromPackage] : [])];
  if (found.length === 0)
    throw new Error(
      'chromium: expected one of the system or the package @sparticuz/chromium (Linux x64), got neither. Install Chromium, or set ENTRAIN_CHROMIUM to its path.',
    );
  return found;
}

export interface LaunchedChromium {
  readonly context: BrowserContext;
  readonly program: ChromiumProgram;
  readonly version: string;
  /** Closes the browser and removes its profile, unless the caller named one. */
  close(): Promise<void>;
}

export interface LaunchOptions {
  /** A folder; the default is a new one. */
  readonly profile?: string;
  readonly program?: ChromiumProgram;
  /** Of all pages: colour scheme, size, motion, … The locale is en-US unless it is named. */
  readonly pages?: BrowserContextOptions;
  readonly flags?: readonly string[];
}

/** Starts a Chromium whose storage lasts as long as its profile folder. */
export async function launchChromium(options: LaunchOptions = {}): Promise<LaunchedChromium> {
  const [program] = options.program ? [options.program] : chromiumPrograms();
  const profile = options.profile ?? mkdtempSync(join(tmpdir(), 'entrain-profile-'));
  const env = { ...process.env, ...program!.env };
  const context = await chromium.launchPersistentContext(profile, {
    locale: 'en-US',
    ...options.pages,
    executablePath: program!.executable,
    headless: true,
    args: [...FLAGS, ...(options.flags ?? [])],
    env,
    timeout: 60_000,
  });
  return {
    context,
    program: program!,
    version: context.browser()?.version() ?? 'unknown',
    async close() {
      await context.close();
      if (options.profile === undefined) rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function programAt(executable: string, origin: string): ChromiumProgram {
  return { origin, executable, env: {}, swiftShader: hashOf(join(dirname(executable), 'libvk_swiftshader.so')) };
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Undefined where the package is missing or not made for this platform. */
function unpackChromium(): ChromiumProgram | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  let home: string;
  try {
    home = join(dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium')), '..', '..');
  } catch {
    return undefined;
  }
  const { version } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as { version: string };
  const folder = unpackForUser(`chromium-${version}`, ['chromium', 'libvk_swiftshader.so', 'fonts.conf', 'whole'], (target) =>
    fillFolder(target, join(home, 'bin')),
  );
  const env = { LD_LIBRARY_PATH: [join(folder, 'lib'), process.env['LD_LIBRARY_PATH']].filter(Boolean).join(':'), FONTCONFIG_PATH: folder };
  return { origin: `@sparticuz/chromium ${version}`, executable: join(folder, 'chromium'), env, swiftShader: hashOf(join(folder, 'libvk_swiftshader.so')) };
}

function fillFolder(folder: string, archives: string): void {
  for (const archive of ['al2023.tar.br', 'swiftshader.tar.br', 'fonts.tar.br']) {
    for (const { name, bytes } of untar(brotliDecompressSync(readFileSync(join(archives, archive))))) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), bytes, { mode: 0o700 });
    }
  }
  writeFileSync(
    join(folder, 'fonts.conf'),
    '<?xml version="1.0"?><fontconfig><dir prefix="relative">fonts</dir><cachedir prefix="xdg">fontconfig</cachedir></fontconfig>',
  );
  writeFileSync(join(folder, 'chromium'), brotliDecompressSync(readFileSync(join(archives, 'chromium.br'))), { mode: 0o700 });
  writeFileSync(join(folder, 'whole'), '');
}

function hashOf(path: string): string | null {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('hex');
  } catch {
    return null;
  }
}
