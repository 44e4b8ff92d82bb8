// exponential: a word as a standard exponential number, −ln of a uniform number in (0, 1); needs lib/random.wgsl.
//
// The smallest numbers decide who wins a race. There ln is near 0, where an adapter may be off by 2⁻²¹, so a series takes over.

fn exponentialOf(word: u32) -> f32 {
  let u = uniformOf(word);
  let w = (f32(8388607u - (word >> 9u)) + 0.5) / 8388608.0;  // 1 − u, exactly
  let series = w * (1.0 + w * (0.5 + w * (0.33333334 + w * (0.25 + w * (0.2 + w * (0.16666667 + w * 0.14285715))))));
  return select(-log(u), series, w < 0.0625);
}
