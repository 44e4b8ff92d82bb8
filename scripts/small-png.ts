/** A picture of a page as a small PNG: at most 256 colours, the frequent ones and those furthest from them. */

import { crc32, deflateSync } from 'node:zlib';
import type { Page } from 'playwright';

/** What the browser makes of the pixels: colours, and a place among them for each pixel. */
interface Indexed {
  readonly width: number;
  readonly height: number;
  readonly palette: readonly number[];
  /** Base64. */
  readonly places: string;
}

/** Draws a PNG again with few colours, `scale` times as large. */
export async function smallPng(page: Page, png: Uint8Array, scale = 1): Promise<Buffer> {
  // tsx names functions by a helper of its own, which the page does not have.
  await page.evaluate('globalThis.__name ??= (named) => named');
  const { width, height, palette, places } = await page.evaluate(indexed, { png: Buffer.from(png).toString('base64'), scale });
  const pixels = Buffer.from(places, 'base64');
  const lines = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y++) pixels.copy(lines, y * (width + 1) + 1, y * width, (y + 1) * width);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8); // eight bits a pixel, by palette
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(palette)),
    chunk('IDAT', deflateSync(lines, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** Runs in the page, which reads PNG. Colours are counted to five bits a channel. */
async function indexed({ png, scale }: { readonly png: string; readonly scale: number }): Promise<Indexed> {
  const image = new Image();
  image.src = `data:image/png;base64,${png}`;
  await image.decode();
  const [width, height] = [Math.round(image.width * scale), Math.round(image.height * scale)];
  const context = Object.assign(document.createElement('canvas'), { width, height }).getContext('2d')!;
  context.drawImage(image, 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);
  const BUCKETS = 1 << 15;
  const buckets = new Uint16Array(width * height);
  const sums = new Float64Array(4 * BUCKETS);
  for (let pixel = 0; pixel < buckets.length; pixel++) {
    const [red, green, blue] = [data[4 * pixel]!, data[4 * pixel + 1]!, data[4 * pixel + 2]!];
    const bucket = ((red >> 3) << 10) | ((green >> 3) << 5) | (blue >> 3);
    buckets[pixel] = bucket;
    sums[4 * bucket]! += 1;
    sums[4 * bucket + 1]! += red;
    sums[4 * bucket + 2]! += green;
    sums[4 * bucket + 3]! += blue;
  }
  const used = Array.from({ length: BUCKETS }, (_, bucket) => bucket).filter((bucket) => sums[4 * bucket]! > 0);
  for (const bucket of used) for (let channel = 1; channel < 4; channel++) sums[4 * bucket + channel]! /= sums[4 * bucket]!;
  used.sort((a, b) => sums[4 * b]! - sums[4 * a]!);
  // How far each colour is from the nearest that was chosen, and which that is.
  const far = new Float64Array(used.length).fill(Number.POSITIVE_INFINITY);
  const nearest = new Uint8Array(used.length);
  const palette: number[] = [];
  for (let place = 0; place < Math.min(256, used.length); place++) {
    let next = place;
    if (place >= 200) for (let i = 0; i < used.length; i++) if (far[i]! > far[next]!) next = i;
    const chosen = 4 * used[next]!;
    palette.push(Math.round(sums[chosen + 1]!), Math.round(sums[chosen + 2]!), Math.round(sums[chosen + 3]!));
    for (let i = 0; i < used.length; i++) {
      const its = 4 * used[i]!;
      const gap = (sums[its + 1]! - sums[chosen + 1]!) ** 2 + (sums[its + 2]! - sums[chosen + 2]!) ** 2 + (sums[its + 3]! - sums[chosen + 3]!) ** 2;
      if (gap < far[i]!) [far[i], nearest[i]] = [gap, place];
    }
  }
  const placeOf = new Uint8Array(BUCKETS);
  for (let i = 0; i < used.length; i++) placeOf[used[i]!] = nearest[i]!;
  const texts: string[] = [];
  for (let start = 0; start < buckets.length; start += 8192)
    texts.push(String.fromCharCode(...Array.from(buckets.subarray(start, start + 8192), (bucket) => placeOf[bucket]!)));
  return { width, height, palette, places: btoa(texts.join('')) };
}
