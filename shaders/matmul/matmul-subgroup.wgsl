// matmul-subgroup: one product of two matrices, each subgroup a tile of 32 rows in registers, no barriers.
//
//   out[m, n] = Σ_k a[m, k] · b[k, n]  (+ addend[m, n])  (+ out[m, n])
//
// A lane holds 32 rows of 4 columns. What the tile needs of `a` is loaded once, each lane a part, and broadcast: on a CPU
// a load costs as much as ten multiply-adds and a broadcast next to nothing.
//
// Shapes     M rows, N columns, K summed; every operand is addressed as offset + row · rowStride + column · columnStride
// Bindings   0 a        read    f32
//            1 b        read    f32
//            2 addend   read    f32
//            3 out      update  f32
//            4 params   uniform
// Dispatch   one workgroup of one subgroup per tile of 32 × 4 · SUBGROUP, tiles of one row block side by side, folded
// Numerics   f32; k runs from 0 to K − 1 in order, as in matmul-direct, so a row's bits do not depend on M
// Oracle     matmulSubgroup.reference in src/kernels/matmul-forms.ts

enable subgroups;

// use lib/grid.wgsl

struct Params {
  M: u32,
  N: u32,
  K: u32,
  aOffset: u32,
  aRow: u32,
  aColumn: u32,
  bOffset: u32,
  bRow: u32,
  bColumn: u32,
  addendOffset: u32,
  addendRow: u32,
  outOffset: u32,
  outRow: u32,
  useAddend: u32,
  accumulate: u32,
}

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read> addend: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

// The host puts SUBGROUP, the lanes that share a tile, and LEFTS = ROWS / SUBGROUP before this file.
override LANES: u32 = 8;  // those of a subgroup, at least SUBGROUP
const ROWS: u32 = 32;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let tile = workgroupIndex(workgroup, grid);
  let tilesAcross = (params.N + 4u * SUBGROUP - 1u) / (4u * SUBGROUP);
  let m0 = (tile / tilesAcross) * ROWS;
  let n0 = (tile % tilesAcross) * 4u * SUBGROUP + lane;
  if (m0 >= params.M) { return; }  // uniform per workgroup, so the broadcasts below stay legal

  // Rows and columns past the edge repeat the last one; they are computed and not stored.
  var aBase: array<u32, LEFTS>;
  for (var i = 0u; i < LEFTS; i++) {  // unroll
    aBase[i] = params.aOffset + min(m0 + i * SUBGROUP + lane, params.M - 1u) * params.aRow;
  }
  let columns = min(n0 + SUBGROUP * vec4u(0u, 1u, 2u, 3u), vec4u(params.N - 1u));
  let bBase = params.bOffset + columns * params.bColumn;

  // Two k at a time, because a loop's variables are slow to carry into its next turn; past an odd K both factors are 0.
  var sums: array<vec4f, ROWS>;
  for (var k = 0u; k < params.K; k += 2u) {
    let isPair = k + 1u < params.K;
    let next = select(k, k + 1u, isPair);
    let b0 = bBase + k * params.bRow;
    let b1 = bBase + next * params.bRow;
    let right0 = vec4f(b[b0.x], b[b0.y], b[b0.z], b[b0.w]);
    let right1 = select(vec4f(), vec4f(b[b1.x], b[b1.y], b[b1.z], b[b1.w]), isPair);
    var left0: array<f32, LEFTS>;
    var left1: array<f32, LEFTS>;
    for (var i = 0u; i < LEFTS; i++) {  // unroll
      left0[i] = a[aBase[i] + k * params.aColumn];
      left1[i] = select(0.0, a[aBase[i] + next * params.aColumn], isPair);
    }
    for (var i = 0u; i < ROWS; i++) {  // unroll
      let x0 = subgroupBroadcast(left0[i / SUBGROUP], i % SUBGROUP);
      let x1 = subgroupBroadcast(left1[i / SUBGROUP], i % SUBGROUP);
      sums[i] = (sums[i] + x0 * right0) + x1 * right1;
    }
  }

  // A copy in memory, so that the rest can stay loops over m: unrolled they take seconds to compile.
  var rows = sums;
  let mEnd = min(m0 + ROWS, params.M);
  if (params.useAddend != 0u) {
    for (var m = m0; m < mEnd; m++) {
      let at = columns + (params.addendOffset + m * params.addendRow);
      rows[m - m0] += vec4f(addend[at.x], addend[at.y], addend[at.z], addend[at.w]);
    }
  }
  if (params.accumulate != 0u) {
    for (var m = m0; m < mEnd; m++) {
      let at = columns + (params.outOffset + m * params.outRow);
      rows[m - m0] += vec4f(out[at.x], out[at.y], out[at.z], out[at.w]);
    }
  }
  let nEnd = select(0u, params.N, lane < SUBGROUP);  // a subgroup may have more lanes than the tile needs
  for (var m = m0; m < mEnd; m++) {
    let at = params.outOffset + m * params.outRow + n0;
    let row = rows[m - m0];
    for (var j = 0u; j < 4u; j++) {  // unroll
      if (n0 + j * SUBGROUP < nEnd) { out[at + j * SUBGROUP] = row[j]; }
    }
  }
}
