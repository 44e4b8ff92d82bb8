// order: floats as unsigned integers of the same order, so that a threshold is found bit by bit.

fn orderedKey(x: f32) -> u32 {
  let bits = bitcast<u32>(x);
  if ((bits & 0x7fffffffu) == 0u) { return 0x80000000u; }  // −0 is 0
  return select(bits | 0x80000000u, ~bits, (bits & 0x80000000u) != 0u);
}

// The float of a key; −0 comes back as 0.
fn valueOfKey(key: u32) -> f32 {
  return bitcast<f32>(select(~key, key & 0x7fffffffu, key >= 0x80000000u));
}
