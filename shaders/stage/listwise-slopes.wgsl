// listwise-slopes: how each completion's log-prob must move for the group's softmax over completions to become its target.
//
//   s_i = Σ_t logProb, or its mean over the row's tokens      p = softmax of s over the group      loss = −Σ_i target_i · ln p_i
//   ∂loss/∂s_i = p_i − target_i;  byLogProb[i, t] = that, divided by the row's tokens where s is a mean
//
// Shapes     B rows, T tokens; group, target, length and takesPart are columns of rows: offset + b · row
// Bindings   0 responseMask  read   f32 [B, T]
//            1 sums          read   f32 [B, S]   Σ_t logProb of each row at params.sumsAt
//            2 rows          read   f32          group id, target, length, takesPart, side by side
//            3 byLogProb     write  f32 [B, T]
//            4 params        uniform
// Dispatch   one lane per row, folded
// Numerics   f32; the largest score of the group is taken off first; rows of the group are added in order
// Oracle     listwiseSlopesKernel.reference in src/kernels/stages-listwise.ts

// use lib/grid.wgsl

struct Params {
  B: u32,
  T: u32,
  sumsWidth: u32,
  sumsAt: u32,
  rowsOffset: u32,
  rowsRow: u32,
  means: u32,
}

@group(0) @binding(0) var<storage, read> responseMask: array<f32>;
@group(0) @binding(1) var<storage, read> sums: array<f32>;
@group(0) @binding(2) var<storage, read> rows: array<f32>;
@group(0) @binding(3) var<storage, read_write> byLogProb: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

override LANES: u32 = 16;

fn column(b: u32, index: u32) -> f32 {
  return rows[params.rowsOffset + b * params.rowsRow + index];
}

fn score(b: u32) -> f32 {
  let total = sums[b * params.sumsWidth + params.sumsAt];
  return select(total, total / max(column(b, 2u), 1.0), params.means != 0u);
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let b = workgroupIndex(workgroup, grid) * LANES + lane;
  if (b >= params.B) { return; }
  let group = column(b, 0u);
  var highest = -1e30;
  for (var other = 0u; other < params.B; other++) {
    if (column(other, 0u) == group && column(other, 3u) != 0.0) { highest = max(highest, score(other)); }
  }
  var mass = 0.0;
  for (var other = 0u; other < params.B; other++) {
    if (column(other, 0u) == group && column(other, 3u) != 0.0) { mass += exp(score(other) - highest); }
  }
  var slope = 0.0;
  if (column(b, 3u) != 0.0) { slope = exp(score(b) - highest) / mass - column(b, 1u); }
  if (params.means != 0u) { slope /= max(column(b, 2u), 1.0); }
  for (var t = 0u; t < params.T; t++) {
    let at = b * params.T + t;
    byLogProb[at] = select(0.0, slope, responseMask[at] != 0.0);
  }
}
