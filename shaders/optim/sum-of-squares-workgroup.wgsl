// sum-of-squares-workgroup: squares of a tensor's elements, summed in chunks of equal length, one workgroup per chunk.
//
//   partials[offset + c] = Σ values[i]²,  c · chunk ≤ i < (c + 1) · chunk
//
// Shapes     E elements, C = ⌈E / chunk⌉ partial sums
// Bindings   0 values    read    f32 [E]
//            1 partials  update  f32
//            2 params    uniform
// Dispatch   one workgroup per chunk, folded
// Numerics   f32; a fixed tree over the lanes' sums
// Oracle     sumOfSquaresWorkgroup.reference in src/kernels/adamw.ts

// use lib/grid.wgsl
// use lib/reduce.wgsl

struct Params {
  count: u32,  // E
  chunk: u32,
  chunks: u32,  // C
  offset: u32,
}

@group(0) @binding(0) var<storage, read> values: array<f32>;
@group(0) @binding(1) var<storage, read_write> partials: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

override LANES: u32 = 128;  // a power of two

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let c = workgroupIndex(workgroup, grid);
  if (c >= params.chunks) { return; }  // uniform per workgroup, so the barriers below stay legal
  let end = min((c + 1u) * params.chunk, params.count);
  var sum = 0.0;
  for (var i = c * params.chunk + lane; i < end; i += LANES) { sum += values[i] * values[i]; }
  sum = reduceSum(lane, sum);
  if (lane == 0u) { partials[params.offset + c] = sum; }
}
