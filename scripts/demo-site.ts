/** The demo as a visitor gets it: built, and served from a folder by a server that knows nothing of it. */

import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('../', import.meta.url));

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
};

export interface DemoSite {
  readonly url: string;
  /** Where the built files lie. */
  readonly folder: string;
  /** Files that were asked for. */
  readonly asked: Set<string>;
  /** What was asked for and is not there. */
  readonly missing: Set<string>;
  close(): void;
}

export interface DemoSiteOptions {
  /** `npm run demo:build` was here: its folder is served. Else the demo is built into a folder of its own. */
  readonly isBuilt?: boolean;
  /** What is sent in place of a file's content; null is no file. For tests of a page that does not get what it asks for. */
  readonly alter?: (name: string, content: Buffer) => Buffer | null;
  /** Where on the host the page stands: `/` or `/a/b/`. */
  readonly at?: string;
}

/** Builds the demo and serves it. */
export async function openDemoSite({ isBuilt = false, alter = (_, content) => content, at = '/' }: DemoSiteOptions = {}): Promise<DemoSite> {
  const folder = isBuilt ? join(root, 'demo/dist') : mkdtempSync(join(tmpdir(), 'entrain-demo-'));
  if (!isBuilt) await build({ configFile: join(root, 'vite.config.ts'), logLevel: 'error', build: { outDir: folder } });
  const [asked, missing] = [new Set<string>(), new Set<string>()];
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname));
    const file = join(folder, path === at ? 'index.html' : path.startsWith(at) ? path.slice(at.length) : 'elsewhere');
    const name = relative(folder, file).replaceAll('\\', '/');
    const isFile = file.startsWith(folder) && statSync(file, { throwIfNoEntry: false })?.isFile() === true;
    const content = isFile ? alter(name, readFileSync(file)) : null;
    if (content === null) {
      missing.add(name);
      response.writeHead(404).end();
      return;
    }
    asked.add(name);
    response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' }).end(content);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://localhost:${port}${at}`,
    folder,
    asked,
    missing,
    close() {
      server.closeAllConnections();
      server.close();
      if (!isBuilt) rmSync(folder, { recursive: true, force: true });
    },
  };
}
