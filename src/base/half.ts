/** Sixteen-bit numbers by their bits: float16 (1 sign bit, 5 of exponent, 10 of mantissa) and bfloat16 (a float32's upper half). */

/** The step of a float16 below its smallest normal number, 2⁻²⁴. */
export const HALF_STEP = 1 / 0x100_0000;
/** The largest float16. */
export const HALF_MOST = 65_504;

/** One float16, given by its bits. */
export function floatOfHalf(half: number): number {
  const exponent = (half >>> 10) & 0x1f;
  const mantissa = half & 0x3ff;
  const sign = half & 0x8000 ? -1 : 1;
  if (exponent === 0) return sign * mantissa * HALF_STEP;
  if (exponent === 0x1f) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
}

/** One bfloat16, given by its bits. */
export function floatOfBfloat16(half: number): number {
  const exponent = (half >>> 7) & 0xff;
  const mantissa = half & 0x7f;
  const sign = half & 0x8000 ? -1 : 1;
  if (exponent === 0) return sign * (mantissa / 128) * 2 ** -126;
  if (exponent === 0xff) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + mantissa / 128) * 2 ** (exponent - 127);
}

/** A float32's bits. */
export function bitsOf(value: number): number {
  return new Uint32Array(Float32Array.of(value).buffer)[0]!;
}

/** The float16 nearest to a float32 of these bits, ties to even; past the largest it is infinite. */
export function halfOfBits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fff_ffff;
  if (magnitude > 0x7f80_0000) return sign | 0x7e00;
  // Below 2⁻¹⁴ the step stays 2⁻²⁴: the mantissa, its leading one included, moves to the right.
  if (magnitude < 0x3880_0000) {
    const shift = 126 - (magnitude >>> 23);
    return shift > 24 ? sign : sign | roundedShift((magnitude & 0x7f_ffff) | 0x80_0000, shift);
  }
  return sign | Math.min(0x7c00, roundedShift(magnitude - 0x3800_0000, 13));
}

/** The bfloat16 nearest to a float32 of these bits, ties to even. */
export function bfloat16OfBits(bits: number): number {
  const magnitude = bits & 0x7fff_ffff;
  if (magnitude > 0x7f80_0000) return (bits >>> 16) | 0x40;
  return ((bits >>> 16) & 0x8000) | roundedShift(magnitude, 16);
}

function roundedShift(value: number, shift: number): number {
  const kept = value >>> shift;
  const rest = value & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return rest > half || (rest === half && (kept & 1) === 1) ? kept + 1 : kept;
}
