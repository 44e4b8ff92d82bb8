/** Counts the bytes of every buffer from creation to destruction, by part. */

import type { MemoryUse } from './device.ts';

export class MemoryLedger implements MemoryUse {
  bytes = 0;
  peakBytes = 0;
  readonly byPart = new Map<string, number>();

  add(label: string, bytes: number): void {
    this.bytes += bytes;
    this.peakBytes = Math.max(this.peakBytes, this.bytes);
    const part = partOf(label);
    this.byPart.set(part, (this.byPart.get(part) ?? 0) + bytes);
  }

  remove(label: string, bytes: number): void {
    this.bytes -= bytes;
    const part = partOf(label);
    this.byPart.set(part, (this.byPart.get(part) ?? 0) - bytes);
  }
}

function partOf(label: string): string {
  return label.split('/', 1)[0]!;
}
