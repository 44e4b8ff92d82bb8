/**
 * Single files of the browser's private file system.
 *
 * Workers have synchronous handles, which append without copying; pages do not, and some browsers lack writable streams. Each
 * function takes the best that is there.
 */

import { type FileContent, partsOf } from './run-store.ts';

export type FolderHandle = FileSystemDirectoryHandle;

interface SyncHandle {
  write(data: BufferSource, options: { readonly at: number }): number;
  truncate(bytes: number): void;
  getSize(): number;
  flush(): void;
  close(): void;
}

/** A file as browsers have it; what not all of them have is optional. */
export interface FileHandle {
  readonly name: string;
  getFile(): Promise<File>;
  createWritable?(options?: { readonly keepExistingData?: boolean }): Promise<FileSystemWritableFileStream>;
  createSyncAccessHandle?(): Promise<SyncHandle>;
  move?(folder: FolderHandle, name: string): Promise<void>;
}

/** Adds text at the end. */
export async function appendText(file: FileHandle, text: string): Promise<void> {
  if (file.createSyncAccessHandle) {
    const bytes = new TextEncoder().encode(text);
    return withSyncHandle(file, (handle) => writeFully(handle, bytes, handle.getSize()));
  }
  const end = (await file.getFile()).size;
  return withWritable(file, true, async (out) => {
    await out.seek(end);
    await out.write(text);
  });
}

/** Replaces the whole content: a reader sees the old one or the new one. */
export async function replaceContent(file: FileHandle, content: FileContent): Promise<void> {
  if (file.createWritable) {
    return withWritable(file, false, async (out) => {
      for await (const part of partsOf(content)) await out.write(part.slice());
    });
  }
  const parts: Uint8Array[] = [];
  for await (const part of partsOf(content)) parts.push(part);
  await withSyncHandle(file, (handle) => {
    handle.truncate(0);
    let at = 0;
    for (const part of parts) at += writeFully(handle, part, at);
  });
}

export async function truncateFile(file: FileHandle, bytes: number): Promise<void> {
  if (file.createSyncAccessHandle) return withSyncHandle(file, (handle) => handle.truncate(bytes));
  return withWritable(file, true, (out) => out.truncate(bytes));
}

/** Puts a file into a folder under a name; the file itself may be gone afterwards. */
export async function copyInto(file: FileHandle, folder: FolderHandle, name: string): Promise<void> {
  if (file.move) return file.move(folder, name);
  const copy: FileHandle = await folder.getFileHandle(name, { create: true });
  await replaceContent(copy, new Uint8Array(await (await file.getFile()).arrayBuffer()));
}

async function withWritable(file: FileHandle, keepExistingData: boolean, use: (out: FileSystemWritableFileStream) => Promise<void>): Promise<void> {
  const out = await file.createWritable!({ keepExistingData });
  try {
    await use(out);
    await out.close();
  } catch (error) {
    await out.abort().catch(() => undefined);
    throw error;
  }
}

async function withSyncHandle(file: FileHandle, use: (handle: SyncHandle) => unknown): Promise<void> {
  const handle = await file.createSyncAccessHandle!();
  try {
    use(handle);
    handle.flush();
  } finally {
    handle.close();
  }
}

/** @throws QuotaExceededError where the browser takes only a part */
function writeFully(handle: SyncHandle, bytes: Uint8Array, at: number): number {
  const written = handle.write(bytes.slice(), { at });
  if (written < bytes.length) {
    handle.truncate(at);
    throw new DOMException(`${written} of ${bytes.length} bytes were written`, 'QuotaExceededError');
  }
  return written;
}
