// matmul-subgroup: the body of the forms in which each subgroup makes a tile of ROWS × 32 in registers, without barriers. The file that includes
// this one declares a, addend and out, and `fn rightAt(index: u32) -> f32`, which reads b. The host puts before it SUBGROUP, the lanes that share
// a tile, ROWS, ROW_PARTS = ROWS / SUBGROUP, COLUMN_PARTS = TILE / SUBGROUP, and CONTINUES.

// use lib/matmul-params.wgsl

override LANES: u32 = 8;  // those of a subgroup, at least SUBGROUP
const TILE: u32 = 32;  // its columns

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let tile = workgroupIndex(workgroup, grid);
  let tilesAcross = (params.N + TILE - 1u) / TILE;
  let m0 = (tile / tilesAcross) * ROWS;
  let n0 = (tile % tilesAcross) * TILE + lane;
  if (m0 >= params.M) { return; }  // uniform per workgroup, so the broadcasts below stay legal

  // Rows and columns past the edge repeat the last one; they are computed and not stored.
  var aBase: array<u32, ROW_PARTS>;
  var bBase: array<u32, COLUMN_PARTS>;
  for (var i = 0u; i < ROW_PARTS; i++) {  // unroll
    aBase[i] = params.aOffset + min(m0 + lane + i * SUBGROUP, params.M - 1u) * params.aRow;
  }
  for (var j = 0u; j < COLUMN_PARTS; j++) {  // unroll
    bBase[j] = params.bOffset + min(n0 + j * SUBGROUP, params.N - 1u) * params.bColumn;
  }

  // Two k at a time, because variables are slow to carry into a loop's next turn. Past an odd K the last one is repeated with
  // weight 0. Numbers, not vectors, and no select among them: either halves the speed on SwiftShader.
  var sums: array<f32, ROWS * COLUMN_PARTS>;
  if (CONTINUES == 1u) {
    var begun: array<f32, ROWS * COLUMN_PARTS>;
    for (var m = m0; m < min(m0 + ROWS, params.M); m++) {
      let at = params.outOffset + m * params.outRow;
      for (var j = 0u; j < COLUMN_PARTS; j++) {  // unroll
        begun[(m - m0) * COLUMN_PARTS + j] = out[at + min(n0 + j * SUBGROUP, params.N - 1u)];
      }
    }
    sums = begun;
  }
  for (var k = 0u; k < params.K; k += 2u) {
    let next = min(k + 1u, params.K - 1u);
    let weight = f32(next - k);
    var left0: array<f32, ROW_PARTS>;
    var left1: array<f32, ROW_PARTS>;
    var right0: array<f32, COLUMN_PARTS>;
    var right1: array<f32, COLUMN_PARTS>;
    for (var i = 0u; i < ROW_PARTS; i++) {  // unroll
      left0[i] = a[aBase[i] + k * params.aColumn];
      left1[i] = a[aBase[i] + next * params.aColumn];
    }
    for (var j = 0u; j < COLUMN_PARTS; j++) {  // unroll
      right0[j] = rightAt(bBase[j] + k * params.bRow);
      right1[j] = weight * rightAt(bBase[j] + next * params.bRow);
    }
    for (var i = 0u; i < ROWS; i++) {  // unroll
      let x0 = subgroupBroadcast(left0[i / SUBGROUP], i % SUBGROUP);
      let x1 = subgroupBroadcast(left1[i / SUBGROUP], i % SUBGROUP);
      for (var j = 0u; j < COLUMN_PARTS; j++) {  // unroll
        sums[i * COLUMN_PARTS + j] = (sums[i * COLUMN_PARTS + j] + x0 * right0[j]) + x1 * right1[j];
      }
    }
  }

  // A copy in memory, so that the rest can stay loops over m: unrolled they take seconds to compile.
  var cells = sums;
  let mEnd = min(m0 + ROWS, params.M);
  if (params.useAddend != 0u) {
    for (var m = m0; m < mEnd; m++) {
      let at = params.addendOffset + m * params.addendRow;
      for (var j = 0u; j < COLUMN_PARTS; j++) {  // unroll
        cells[(m - m0) * COLUMN_PARTS + j] += addend[at + min(n0 + j * SUBGROUP, params.N - 1u)];
      }
    }
  }
  if (params.accumulate == 1u) {
    for (var m = m0; m < mEnd; m++) {
      let at = params.outOffset + m * params.outRow;
      for (var j = 0u; j < COLUMN_PARTS; j++) {  // unroll
        cells[(m - m0) * COLUMN_PARTS + j] += out[at + min(n0 + j * SUBGROUP, params.N - 1u)];
      }
    }
  }
  let nEnd = select(0u, params.N, lane < SUBGROUP);  // a subgroup may have more lanes than the tile needs
  for (var m = m0; m < mEnd; m++) {
    let at = params.outOffset + m * params.outRow + n0;
    for (var j = 0u; j < COLUMN_PARTS; j++) {  // unroll
      if (n0 + j * SUBGROUP < nEnd) { out[at + j * SUBGROUP] = cells[(m - m0) * COLUMN_PARTS + j]; }
    }
  }
}
