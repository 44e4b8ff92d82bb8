// random: Philox4x32-10, the same function as src/base/random.ts, bit for bit.
//
// Source  Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3"

fn multiplyHigh(a: u32, b: u32) -> u32 {
  let a0 = a & 0xffffu;
  let a1 = a >> 16u;
  let b0 = b & 0xffffu;
  let b1 = b >> 16u;
  let mid1 = a1 * b0 + ((a0 * b0) >> 16u);
  let mid2 = a0 * b1 + (mid1 & 0xffffu);
  return a1 * b1 + (mid1 >> 16u) + (mid2 >> 16u);
}

fn philox(counter: vec4u, key: vec2u) -> vec4u {
  var c = counter;
  var k = key;
  for (var round = 0u; round < 10u; round++) {
    let high0 = multiplyHigh(0xd2511f53u, c.x);
    let low0 = 0xd2511f53u * c.x;
    let high1 = multiplyHigh(0xcd9e8d57u, c.z);
    let low1 = 0xcd9e8d57u * c.z;
    c = vec4u(high1 ^ c.y ^ k.x, low1, high0 ^ c.w ^ k.y, low0);
    k += vec2u(0x9e3779b9u, 0xbb67ae85u);
  }
  return c;
}

// A word as a number in (0, 1): never 0, never 1, exact in f32.
fn uniformOf(word: u32) -> f32 {
  return (f32(word >> 9u) + 0.5) / 8388608.0;
}
