// clip-control-direct: the gradient's norm, the factor that clips it, and whether the update may happen at all; one lane.
//
//   norm = √ Σ partials        factor = min(1, maxNorm / (norm + 1e-6))
//   control = norm, factor, 1[norm is finite], updates skipped so far
//
// Shapes     C partial sums
// Bindings   0 partials  read    f32 [C]
//            1 control   update  f32 [4]
//            2 params    uniform
// Dispatch   one lane
// Numerics   f32; sums of 64 first, then of sums, in order; finiteness is read from the bits, as shaders may assume it
// Oracle     clipControlDirect.reference in src/kernels/adamw.ts

// use lib/grid.wgsl

struct Params {
  count: u32,  // C
  maxNorm: f32,  // 0: no clipping
}

@group(0) @binding(0) var<storage, read> partials: array<f32>;
@group(0) @binding(1) var<storage, read_write> control: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

override LANES: u32 = 16;
const BLOCK: u32 = 64;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  if (workgroupIndex(workgroup, grid) * LANES + lane > 0u) { return; }
  var sum = 0.0;
  for (var start = 0u; start < params.count; start += BLOCK) {
    var block = 0.0;
    for (var i = start; i < min(start + BLOCK, params.count); i++) { block += partials[i]; }
    sum += block;
  }
  let isFinite = (bitcast<u32>(sum) & 0x7f800000u) != 0x7f800000u;
  let norm = sqrt(sum);
  control[0] = norm;
  control[1] = select(1.0, min(1.0, params.maxNorm / (norm + 1e-6)), isFinite && params.maxNorm > 0.0);
  control[2] = select(0.0, 1.0, isFinite);
  if (!isFinite) { control[3] += 1.0; }
}
