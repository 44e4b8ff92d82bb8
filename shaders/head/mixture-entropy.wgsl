// mixture-entropy: the entropy of a mean distribution, summed tile by tile into a table.
//
//   entropies[slots[j]] ← (entropies[slots[j]] unless first) − Σ_v p · ln p       p = mixture[j, v]
//
// Shapes     count rows of a tile of width columns; a table of any length
// Bindings   0 mixture    read    f32 [count, width]
//            1 slots      read    u32 [count]
//            2 entropies  update  f32
//            3 params     uniform
// Dispatch   one lane per row, folded
// Numerics   f32; columns in order; a probability of 0 adds 0
// Oracle     mixtureEntropy.reference in src/kernels/mixture.ts

// use lib/grid.wgsl

struct Params {
  count: u32,
  width: u32,
  first: u32,
}

@group(0) @binding(0) var<storage, read> mixture: array<f32>;
@group(0) @binding(1) var<storage, read> slots: array<u32>;
@group(0) @binding(2) var<storage, read_write> entropies: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

override LANES: u32 = 64;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = workgroupIndex(workgroup, grid) * LANES + lane;
  if (row >= params.count) { return; }
  var sum = 0.0;
  for (var v = 0u; v < params.width; v++) {
    let p = mixture[row * params.width + v];
    if (p > 0.0) { sum -= p * log(p); }
  }
  let slot = slots[row];
  if (params.first == 0u) { sum += entropies[slot]; }
  entropies[slot] = sum;
}
