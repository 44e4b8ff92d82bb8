// sum-of-squares-direct: squares of a tensor's elements, summed in chunks of equal length, one lane per chunk, no barriers.
//
//   partials[offset + c] = Σ values[i]²,  c · chunk ≤ i < (c + 1) · chunk
//
// Shapes     E elements, C = ⌈E / chunk⌉ partial sums
// Bindings   0 values    read    f32 [E]
//            1 partials  update  f32
//            2 params    uniform
// Dispatch   one lane per chunk, folded
// Numerics   f32; sums of 64 first, then of sums, in order
// Oracle     sumOfSquaresDirect.reference in src/kernels/adamw.ts

// use lib/grid.wgsl

struct Params {
  count: u32,  // E
  chunk: u32,
  chunks: u32,  // C
  offset: u32,
}

@group(0) @binding(0) var<storage, read> values: array<f32>;
@group(0) @binding(1) var<storage, read_write> partials: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

override LANES: u32 = 16;
const BLOCK: u32 = 64;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let c = workgroupIndex(workgroup, grid) * LANES + lane;
  if (c >= params.chunks) { return; }
  let end = min((c + 1u) * params.chunk, params.count);
  var sum = 0.0;
  for (var start = c * params.chunk; start < end; start += BLOCK) {
    var block = 0.0;
    for (var i = start; i < min(start + BLOCK, end); i++) { block += values[i] * values[i]; }
    sum += block;
  }
  partials[params.offset + c] = sum;
}
