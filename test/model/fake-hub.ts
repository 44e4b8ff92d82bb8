/** A hub on the loopback: it lists and serves files, and can be slow, cut connections, stall, and change files while they are read. */

import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeFile {
  bytes: Uint8Array;
  /** Lies in a storage of another origin, as large files do. */
  readonly isLarge?: boolean;
}

export class FakeHub {
  readonly commit = 'c0ffee'.padEnd(40, '0');
  readonly files = new Map<string, FakeFile>();
  readonly requests: string[] = [];
  /** Authorization headers seen, by the hub and by its storage. */
  readonly seen: { readonly hub: Set<string>; readonly storage: Set<string> } = { hub: new Set(), storage: new Set() };
  /** Called before the bytes of an answer are sent: how many of them are sent before the connection is cut. */
  cutAfter: (request: number) => number = () => Infinity;
  /** Sends a first byte and then nothing more. */
  stalls = false;
  /** Answers with the whole file, whatever range was asked for. */
  ignoresRanges = false;
  /** Called when bytes are asked for. */
  onGet: (path: string) => void = () => {};
  status = 200;
  #downloads = 0;
  readonly #hub: Server = createServer((request, response) => this.#answer(request, response, false));
  readonly #storage: Server = createServer((request, response) => this.#answer(request, response, true));

  static async open(): Promise<FakeHub> {
    const hub = new FakeHub();
    for (const server of [hub.#hub, hub.#storage]) await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    return hub;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#hub.address() as AddressInfo).port}`;
  }

  get downloads(): number {
    return this.#downloads;
  }

  async close(): Promise<void> {
    for (const server of [this.#hub, this.#storage]) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  etagOf({ bytes, isLarge }: FakeFile): string {
    return isLarge ? createHash('sha256').update(bytes).digest('hex') : createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
  }

  #answer(request: IncomingMessage, response: ServerResponse, isStorage: boolean): void {
    const { pathname } = new URL(request.url ?? '/', this.url);
    this.requests.push(`${request.method} ${pathname}`);
    const { authorization } = request.headers;
    if (authorization !== undefined) this.seen[isStorage ? 'storage' : 'hub'].add(authorization);
    if (this.status !== 200) return void response.writeHead(this.status, { 'content-type': 'application/json' }).end('{"error":"not today"}');
    const json = (value: unknown) => void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    if (/^\/api\/models\/[^/]+\/[^/]+\/revision\//.test(pathname)) return json({ _id: 'x', id: 'org/name', sha: this.commit });
    if (/^\/api\/models\/[^/]+\/[^/]+\/tree\//.test(pathname))
      return json([...this.files].map(([path, { bytes }]) => ({ type: 'file', path, size: bytes.length, oid: '0' })));
    const name = pathname.split('/').slice(5).join('/');
    const file = this.files.get(name);
    if (!file) return void response.writeHead(404).end();
    if (file.isLarge && !isStorage) return this.#redirect(response, pathname, file);
    if (request.method === 'GET') this.onGet(name);
    this.#send(request, response, this.files.get(name) ?? file, isStorage);
  }

  #redirect(response: ServerResponse, pathname: string, file: FakeFile): void {
    const location = `http://127.0.0.1:${(this.#storage.address() as AddressInfo).port}${pathname}`;
    response.writeHead(302, { location, 'x-linked-etag': `"${this.etagOf(file)}"`, 'x-linked-size': file.bytes.length }).end();
  }

  #send(request: IncomingMessage, response: ServerResponse, file: FakeFile, isStorage: boolean): void {
    const { bytes } = file;
    const [, first] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
    const from = this.ignoresRanges ? 0 : Number(first ?? 0);
    const isPart = first !== undefined && !this.ignoresRanges;
    const etag = isStorage ? '"of-the-storage"' : `"${this.etagOf(file)}"`;
    response.writeHead(isPart ? 206 : 200, {
      etag,
      'content-length': bytes.length - from,
      ...(isPart && { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` }),
    });
    if (request.method === 'HEAD') return void response.end();
    const cut = this.cutAfter(this.#downloads++);
    if (this.stalls) return void response.write(bytes.subarray(from, from + 1));
    if (cut >= bytes.length - from) return void response.end(bytes.subarray(from));
    response.write(bytes.subarray(from, from + cut), () => setTimeout(() => response.destroy(), 20));
  }
}
