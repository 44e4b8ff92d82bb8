// matmul-direct: the body of the forms without barriers, each lane an 8 × 8 tile in registers. The file that includes this one declares a, addend
// and out, and `fn rightAt(index: u32) -> f32`, which reads b; the host puts CONTINUES before it.

// use lib/matmul-params.wgsl

override LANES: u32 = 16;
const TILE: u32 = 8;
const QUADS: u32 = 2;   // TILE / 4
const CELLS: u32 = 64;  // TILE · TILE

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let tile = workgroupIndex(workgroup, grid) * LANES + lane;
  let tilesAcross = (params.N + TILE - 1u) / TILE;
  let m0 = (tile / tilesAcross) * TILE;
  let n0 = (tile % tilesAcross) * TILE;
  if (m0 >= params.M) { return; }

  // Rows and columns past the edge repeat the last one; they are computed and not stored.
  var aBase: array<u32, TILE>;
  var bBase: array<u32, TILE>;
  for (var i = 0u; i < TILE; i++) {  // unroll
    aBase[i] = params.aOffset + min(m0 + i, params.M - 1u) * params.aRow;
    bBase[i] = params.bOffset + min(n0 + i, params.N - 1u) * params.bColumn;
  }

  var sums: array<array<vec4f, QUADS>, TILE>;
  if (CONTINUES == 1u) {
    var begun: array<f32, CELLS>;
    for (var m = m0; m < min(m0 + TILE, params.M); m++) {
      let at = params.outOffset + m * params.outRow;
      for (var n = n0; n < min(n0 + TILE, params.N); n++) { begun[(m - m0) * TILE + n - n0] = out[at + n]; }
    }
    for (var i = 0u; i < TILE; i++) {  // unroll
      for (var j = 0u; j < TILE; j++) {  // unroll
        sums[i][j / 4u][j % 4u] = begun[i * TILE + j];
      }
    }
  }
  for (var k = 0u; k < params.K; k++) {
    let aAt = k * params.aColumn;
    let bAt = k * params.bRow;
    var right: array<vec4f, QUADS>;
    for (var q = 0u; q < QUADS; q++) {  // unroll
      right[q] = vec4f(rightAt(bBase[q * 4u] + bAt), rightAt(bBase[q * 4u + 1u] + bAt), rightAt(bBase[q * 4u + 2u] + bAt), rightAt(bBase[q * 4u + 3u] + bAt));
    }
    for (var i = 0u; i < TILE; i++) {  // unroll
      let left = a[aBase[i] + aAt];
      for (var q = 0u; q < QUADS; q++) {  // unroll
        sums[i][q] += left * right[q];
      }
    }
  }

  // The tile moves to memory so that the rest can stay loops over m and n: lavapipe needs 3 s to compile them unrolled,
  // and unrolls by itself every loop whose length it can bound.
  var cells: array<f32, CELLS>;
  for (var i = 0u; i < TILE; i++) {  // unroll
    for (var j = 0u; j < TILE; j++) {  // unroll
      cells[i * TILE + j] = sums[i][j / 4u][j % 4u];
    }
  }
  let mEnd = min(m0 + TILE, params.M);
  let nEnd = min(n0 + TILE, params.N);
  if (params.useAddend != 0u) {
    for (var m = m0; m < mEnd; m++) {
      let at = params.addendOffset + m * params.addendRow;
      for (var n = n0; n < nEnd; n++) { cells[(m - m0) * TILE + n - n0] += addend[at + n]; }
    }
  }
  if (params.accumulate == 1u) {
    for (var m = m0; m < mEnd; m++) {
      let at = params.outOffset + m * params.outRow;
      for (var n = n0; n < nEnd; n++) { cells[(m - m0) * TILE + n - n0] += out[at + n]; }
    }
  }
  for (var m = m0; m < mEnd; m++) {
    let at = params.outOffset + m * params.outRow;
    for (var j = 0u; j < TILE; j++) {  // unroll
      if (n0 + j < params.N) { out[at + n0 + j] = cells[(m - m0) * TILE + j]; }
    }
  }
}
