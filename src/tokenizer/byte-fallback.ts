/** Decodes tokens that stand for single bytes (`<0xE2>`) as the reference tokenizers do. */

import type { HubDecoder } from './hub-tokenizer.ts';

/**
 * Replaces the library's byte-fallback decoding where a decoder has it.
 *
 * The library puts U+FFFD for each malformed part of a run of bytes. The reference asks whether the whole run is UTF-8, and if
 * it is not, puts U+FFFD for every one of its bytes.
 *
 * @source huggingface/tokenizers, decoders/byte_fallback.rs
 */
export function mendByteFallback(decoder: HubDecoder): void {
  if (decoder.config.type === 'ByteFallback') decoder.decode_chain = decodeWholeRuns;
  for (const part of decoder.decoders ?? []) mendByteFallback(part);
}

function decodeWholeRuns(tokens: readonly string[]): string[] {
  const texts: string[] = [];
  let run: number[] = [];
  const endRun = (): void => {
    if (run.length > 0) texts.push(textOf(run));
    run = [];
  };
  for (const token of tokens) {
    const [, hex] = /^<0x([0-9A-Fa-f]{2})>$/.exec(token) ?? [];
    if (hex === undefined) {
      endRun();
      texts.push(token);
    } else {
      run.push(Number.parseInt(hex, 16));
    }
  }
  endRun();
  return texts;
}

function textOf(bytes: readonly number[]): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
  } catch {
    return '\uFFFD'.repeat(bytes.length);
  }
}
