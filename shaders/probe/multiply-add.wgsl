// multiply-add: as many multiply-adds as the adapter can do, with nothing else in the way; a ceiling, not a part of training.
//
//   x ← x · factor + term,  STEPS · rounds times, in CHAINS · 4 numbers of each lane;  results[i] = Σ of lane i's numbers
//
// Shapes     N lanes
// Bindings   0 results  write   f32 [N]
//            1 params   uniform
// Dispatch   one lane per result, folded
// Numerics   f32; |factor| < 1, so that the numbers stay finite
// Oracle     multiplyAdd.reference in src/gpu/probe.ts

// use lib/grid.wgsl

struct Params {
  lanes: u32,   // N
  rounds: u32,
  factor: f32,
  term: f32,
}

@group(0) @binding(0) var<storage, read_write> results: array<f32>;
@group(0) @binding(1) var<uniform> params: Params;

override LANES: u32 = 64;
const CHAINS: u32 = 8;  // independent, to hide the latency of one multiply-add
const STEPS: u32 = 8;   // per turn of the loop, to hide the loop

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = workgroupIndex(workgroup, grid) * LANES + lane;
  if (i >= params.lanes) { return; }
  let factor = vec4f(params.factor);
  let term = vec4f(params.term);
  var x: array<vec4f, CHAINS>;
  for (var c = 0u; c < CHAINS; c++) {  // unroll
    x[c] = vec4f(f32(i % 7u) + f32(c));
  }
  for (var round = 0u; round < params.rounds; round++) {
    for (var s = 0u; s < STEPS; s++) {  // unroll
      for (var c = 0u; c < CHAINS; c++) {  // unroll
        x[c] = fma(x[c], factor, term);
      }
    }
  }
  var sum = vec4f();
  for (var c = 0u; c < CHAINS; c++) {  // unroll
    sum += x[c];
  }
  results[i] = sum.x + sum.y + sum.z + sum.w;
}
