// masked-sums: sums of two tables over the valid tokens of each row.
//
//   sums[b] = (Σ_t first, Σ_t second)
//
// Shapes     B rows, T tokens; both tables are views: offset + b · row + t · column
// Bindings   0 responseMask  read    f32 [B, T]
//            1 first         read    f32                 a view
//            2 second        read    f32                 a view
//            3 sums          update  f32 [B, S]          two columns from params.sumsAt
//            4 params        uniform
// Dispatch   one lane per row, folded
// Numerics   f32; a row is summed from t = 0 on
// Oracle     maskedSumsKernel.reference in src/kernels/stages.ts

// use lib/grid.wgsl

struct Params {
  B: u32,
  T: u32,
  firstOffset: u32,
  firstRow: u32,
  firstColumn: u32,
  secondOffset: u32,
  secondRow: u32,
  secondColumn: u32,
  sumsWidth: u32,
  sumsAt: u32,
}

@group(0) @binding(0) var<storage, read> responseMask: array<f32>;
@group(0) @binding(1) var<storage, read> first: array<f32>;
@group(0) @binding(2) var<storage, read> second: array<f32>;
@group(0) @binding(3) var<storage, read_write> sums: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

override LANES: u32 = 16;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let b = workgroupIndex(workgroup, grid) * LANES + lane;
  if (b >= params.B) { return; }
  var firstSum = 0.0;
  var secondSum = 0.0;
  for (var t = 0u; t < params.T; t++) {
    if (responseMask[b * params.T + t] == 0.0) { continue; }
    firstSum += first[params.firstOffset + b * params.firstRow + t * params.firstColumn];
    secondSum += second[params.secondOffset + b * params.secondRow + t * params.secondColumn];
  }
  let at = b * params.sumsWidth + params.sumsAt;
  sums[at] = firstSum;
  sums[at + 1u] = secondSum;
}
