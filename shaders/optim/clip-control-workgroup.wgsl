// clip-control-workgroup: the gradient's norm, the factor that clips it, and whether the update may happen at all; one workgroup.
//
//   norm = √ Σ partials        factor = min(1, maxNorm / (norm + 1e-6))
//   control = norm, factor, 1[norm is finite], updates skipped so far
//
// Shapes     C partial sums
// Bindings   0 partials  read    f32 [C]
//            1 control   update  f32 [4]
//            2 params    uniform
// Dispatch   one workgroup
// Numerics   f32; a fixed tree over the lanes' sums; finiteness is read from the bits, as shaders may assume it
// Oracle     clipControlWorkgroup.reference in src/kernels/adamw.ts

// use lib/grid.wgsl
// use lib/reduce.wgsl

struct Params {
  count: u32,  // C
  maxNorm: f32,  // 0: no clipping
}

@group(0) @binding(0) var<storage, read> partials: array<f32>;
@group(0) @binding(1) var<storage, read_write> control: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

override LANES: u32 = 128;  // a power of two

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  if (workgroupIndex(workgroup, grid) > 0u) { return; }  // uniform per workgroup, so the barriers below stay legal
  var sum = 0.0;
  for (var i = lane; i < params.count; i += LANES) { sum += partials[i]; }
  sum = reduceSum(lane, sum);
  if (lane != 0u) { return; }
  let isFinite = (bitcast<u32>(sum) & 0x7f800000u) != 0x7f800000u;
  let norm = sqrt(sum);
  control[0] = norm;
  control[1] = select(1.0, min(1.0, params.maxNorm / (norm + 1e-6)), isFinite && params.maxNorm > 0.0);
  control[2] = select(0.0, 1.0, isFinite);
  if (!isFinite) { control[3] += 1.0; }
}
