// reduce: sums and the largest over the LANES lanes of a workgroup, LANES a power of two; every lane gets the result.
//
// The tree is fixed, so the same numbers give the same bits. Each call ends with a barrier, so calls may follow one another.

var<workgroup> partialNumbers: array<f32, LANES>;
var<workgroup> partialVectors: array<vec4f, LANES>;

fn reduceSum(lane: u32, value: f32) -> f32 {
  partialNumbers[lane] = value;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { partialNumbers[lane] += partialNumbers[lane + half]; }
  }
  workgroupBarrier();
  let total = partialNumbers[0];
  workgroupBarrier();
  return total;
}

fn reduceSum4(lane: u32, value: vec4f) -> vec4f {
  partialVectors[lane] = value;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { partialVectors[lane] += partialVectors[lane + half]; }
  }
  workgroupBarrier();
  let total = partialVectors[0];
  workgroupBarrier();
  return total;
}

fn reduceMax(lane: u32, value: f32) -> f32 {
  partialNumbers[lane] = value;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { partialNumbers[lane] = max(partialNumbers[lane], partialNumbers[lane + half]); }
  }
  workgroupBarrier();
  let highest = partialNumbers[0];
  workgroupBarrier();
  return highest;
}
