// weights: numbers of a packed matrix as f32. The file that includes this one defines `fn weightWord(at: u32) -> u32`, and the host puts FORMAT,
// RUN_WORDS and RUN_HEAD before it: src/kernels/weight-format.ts says how each format lies in its words. No `shader-f16` is needed.
//
//   FORMAT  0 f16 · 1 bf16 · 2 q8_0 · 3 q4_0 · 4 q4_1

fn halfWeight(word: u32) -> f32 {
  if (FORMAT == 0u) { return unpack2x16float(word).x; }
  return bitcast<f32>(word << 16u);
}

// One number.
fn weightAt(index: u32) -> f32 {
  if (FORMAT < 2u) { return halfWeight(weightWord(index >> 1u) >> (16u * (index & 1u))); }
  let base = (index >> 6u) * RUN_WORDS;
  let block = (index >> 5u) & 1u;
  let scale = unpack2x16float(weightWord(base) >> (16u * block)).x;
  if (FORMAT == 2u) {
    let word = weightWord(base + RUN_HEAD + ((index & 63u) >> 2u));
    return scale * f32(bitcast<i32>(word << (24u - 8u * (index & 3u))) >> 24u);
  }
  let word = weightWord(base + RUN_HEAD + 4u * block + ((index & 15u) >> 2u));
  let nibble = (word >> (8u * (index & 3u) + ((index & 16u) >> 2u))) & 15u;
  if (FORMAT == 3u) { return scale * (f32(nibble) - 8.0); }
  return scale * f32(nibble) + unpack2x16float(weightWord(base + 1u) >> (16u * block)).x;
}

// Numbers `index` to `index` + 3, `index` a multiple of four.
fn weightQuad(index: u32) -> vec4f {
  if (FORMAT < 2u) {
    let low = weightWord(index >> 1u);
    let high = weightWord((index >> 1u) + 1u);
    if (FORMAT == 0u) { return vec4f(unpack2x16float(low), unpack2x16float(high)); }
    return bitcast<vec4f>(vec4u(low << 16u, low & 0xffff0000u, high << 16u, high & 0xffff0000u));
  }
  let base = (index >> 6u) * RUN_WORDS;
  let block = (index >> 5u) & 1u;
  let scale = unpack2x16float(weightWord(base) >> (16u * block)).x;
  if (FORMAT == 2u) {
    let word = weightWord(base + RUN_HEAD + ((index & 63u) >> 2u));
    return scale * vec4f((vec4i(bitcast<i32>(word)) << vec4u(24u, 16u, 8u, 0u)) >> vec4u(24u));
  }
  let word = weightWord(base + RUN_HEAD + 4u * block + ((index & 15u) >> 2u)) >> ((index & 16u) >> 2u);
  let nibbles = vec4f((vec4u(word) >> vec4u(0u, 8u, 16u, 24u)) & vec4u(15u));
  if (FORMAT == 3u) { return scale * (nibbles - vec4f(8.0)); }
  return scale * nibbles + vec4f(unpack2x16float(weightWord(base + 1u) >> (16u * block)).x);
}
