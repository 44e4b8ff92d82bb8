// keep-beyond: keeps the tokens whose value reaches a limit, of the batch or of the row.
//
//   keep = 1 where value ≥ limit (> limit when params.strict), else 0;  0 where the mask is;  sums[b] = Σ_t keep
//
// Shapes     B rows, T tokens; limits is a view: b · row
// Bindings   0 responseMask  read    f32 [B, T]
//            1 values        read    f32 [B, T]
//            2 limits        read    f32
//            3 keep          write   f32 [B, T]
//            4 sums          update  f32 [B, S]          one column from params.sumsAt
//            5 params        uniform
// Dispatch   one lane per row, folded
// Numerics   exact
// Oracle     keepBeyondKernel.reference in src/kernels/stages-select.ts

// use lib/grid.wgsl

struct Params {
  B: u32,
  T: u32,
  limitsRow: u32,
  strict: u32,
  sumsWidth: u32,
  sumsAt: u32,
}

@group(0) @binding(0) var<storage, read> responseMask: array<f32>;
@group(0) @binding(1) var<storage, read> values: array<f32>;
@group(0) @binding(2) var<storage, read> limits: array<f32>;
@group(0) @binding(3) var<storage, read_write> keep: array<f32>;
@group(0) @binding(4) var<storage, read_write> sums: array<f32>;
@group(0) @binding(5) var<uniform> params: Params;

override LANES: u32 = 16;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let b = workgroupIndex(workgroup, grid) * LANES + lane;
  if (b >= params.B) { return; }
  let limit = limits[b * params.limitsRow];
  var count = 0.0;
  for (var t = 0u; t < params.T; t++) {
    let at = b * params.T + t;
    let isKept = values[at] > limit || (params.strict == 0u && values[at] == limit);
    keep[at] = select(0.0, 1.0, isKept && responseMask[at] != 0.0);
    count += keep[at];
  }
  sums[b * params.sumsWidth + params.sumsAt] = count;
}
