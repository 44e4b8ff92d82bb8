// matmul-tile: one product of two matrices for GPUs, each workgroup a block staged through workgroup memory.
//
//   out[m, n] = Σ_c Σ_{k in chunk c} a[m, k] · b[k, n]  (+ addend[m, n])  (+ out[m, n])
//
// A workgroup of 16 × 16 lanes makes a block of 16·ROWS × 64, each lane ROWS × 4 of it in registers. Panels of 16 k of both
// operands pass through workgroup memory; what lies past an edge is staged as 0, so the product has no edges. Where a view's
// strides allow, four numbers are read from global memory at once: they lie side by side along k or along the other side.
//
// Shapes     M rows, N columns, K summed; every operand is addressed as offset + row · rowStride + column · columnStride
// Bindings   0 a        read    f32
//            1 aQuads   read    f32  the tensor of a, four at a time
//            2 b        read    f32
//            3 bQuads   read    f32  the tensor of b, four at a time
//            4 addend   read    f32
//            5 out      update  f32
//            6 params   uniform
// Dispatch   one workgroup per block, blocks of one row of blocks side by side, folded; with `split` one per block and chunk,
//            and chunk c of the sum goes to out + c · M · N, for matmul-combine to add up
// Numerics   f32; fma over k in order within chunks of 512, then the chunks in order, whatever ROWS and `split` are: a row's
//            bits do not depend on M
// Oracle     matmulTile.reference in src/kernels/matmul-tile.ts

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
  aVector: u32,  // 1: quads of a are aligned and whole
  bVector: u32,
  aAlongK: u32,  // 1: a quad of a is four k of one row; 0: four rows at one k
  bAlongK: u32,
  split: u32,
}

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> aQuads: array<vec4f>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read> bQuads: array<vec4f>;
@group(0) @binding(4) var<storage, read> addend: array<f32>;
@group(0) @binding(5) var<storage, read_write> out: array<f32>;
@group(0) @binding(6) var<uniform> params: Params;

// The host puts ROWS, the rows of a lane, and CHUNK, a multiple of PANEL, before this file.
override LANES: u32 = 256;
const SIDE: u32 = 16;  // lanes along each side of a block
const PANEL: u32 = 16;
const BLOCK_M: u32 = SIDE * ROWS;
const BLOCK_N: u32 = SIDE * 4u;
// Two more than the side, so that the four k of neighbouring lanes fall into different banks.
const A_STRIDE: u32 = BLOCK_M + 2u;
const B_STRIDE: u32 = BLOCK_N + 2u;

var<workgroup> aPanel: array<f32, PANEL * A_STRIDE>;
var<workgroup> bPanel: array<f32, PANEL * B_STRIDE>;

// Where quad `q` of a panel begins: its place along the side of the operand that is not summed, and along k.
fn quadCorner(q: u32, side: u32, alongK: bool) -> vec2u {
  if (alongK) { return vec2u(q / (PANEL / 4u), 4u * (q % (PANEL / 4u))); }
  return vec2u(4u * (q % (side / 4u)), q / (side / 4u));
}

fn stageA(lane: u32, m0: u32, k0: u32) {
  let alongK = params.aAlongK != 0u;
  let step = select(vec2u(1u, 0u), vec2u(0u, 1u), alongK);
  for (var q = lane; q < BLOCK_M * PANEL / 4u; q += LANES) {
    let corner = quadCorner(q, BLOCK_M, alongK);
    let m = m0 + corner.x;
    let k = k0 + corner.y;
    let at = params.aOffset + m * params.aRow + k * params.aColumn;
    var quad = vec4f();
    if (params.aVector != 0u) {
      if (m < params.M && k < params.K) { quad = aQuads[at / 4u]; }
    } else {
      for (var e = 0u; e < 4u; e++) {  // unroll
        if (m + e * step.x < params.M && k + e * step.y < params.K) {
          quad[e] = a[at + e * (step.x * params.aRow + step.y * params.aColumn)];
        }
      }
    }
    for (var e = 0u; e < 4u; e++) {  // unroll
      aPanel[(corner.y + e * step.y) * A_STRIDE + corner.x + e * step.x] = quad[e];
    }
  }
}

fn stageB(lane: u32, n0: u32, k0: u32) {
  let alongK = params.bAlongK != 0u;
  let step = select(vec2u(1u, 0u), vec2u(0u, 1u), alongK);
  for (var q = lane; q < BLOCK_N * PANEL / 4u; q += LANES) {
    let corner = quadCorner(q, BLOCK_N, alongK);
    let n = n0 + corner.x;
    let k = k0 + corner.y;
    let at = params.bOffset + k * params.bRow + n * params.bColumn;
    var quad = vec4f();
    if (params.bVector != 0u) {
      if (n < params.N && k < params.K) { quad = bQuads[at / 4u]; }
    } else {
      for (var e = 0u; e < 4u; e++) {  // unroll
        if (n + e * step.x < params.N && k + e * step.y < params.K) {
          quad[e] = b[at + e * (step.x * params.bColumn + step.y * params.bRow)];
        }
      }
    }
    for (var e = 0u; e < 4u; e++) {  // unroll
      bPanel[(corner.y + e * step.y) * B_STRIDE + corner.x + e * step.x] = quad[e];
    }
  }
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let blocksAcross = (params.N + BLOCK_N - 1u) / BLOCK_N;
  let blocks = blocksAcross * ((params.M + BLOCK_M - 1u) / BLOCK_M);
  let chunks = (params.K + CHUNK - 1u) / CHUNK;
  let index = workgroupIndex(workgroup, grid);
  if (index >= select(blocks, blocks * chunks, params.split != 0u)) { return; }  // uniform per workgroup
  let m0 = (index % blocks) / blocksAcross * BLOCK_M;
  let n0 = (index % blocks) % blocksAcross * BLOCK_N;
  let x = lane % SIDE;
  let y = lane / SIDE;

  let firstChunk = select(0u, index / blocks, params.split != 0u);
  let endChunk = select(chunks, firstChunk + 1u, params.split != 0u);
  var totals: array<vec4f, ROWS>;
  for (var chunk = firstChunk; chunk < endChunk; chunk++) {
    var sums = array<vec4f, ROWS>();  // said outright: a var without a value keeps the one of the last turn under Dawn and older naga
    let kEnd = min((chunk + 1u) * CHUNK, params.K);
    for (var k0 = chunk * CHUNK; k0 < kEnd; k0 += PANEL) {
      workgroupBarrier();  // every lane has used the panels that are now overwritten
      stageA(lane, m0, k0);
      stageB(lane, n0, k0);
      workgroupBarrier();  // the panels are whole
      for (var k = 0u; k < PANEL; k++) {
        let bAt = k * B_STRIDE + x;
        let right = vec4f(bPanel[bAt], bPanel[bAt + SIDE], bPanel[bAt + 2u * SIDE], bPanel[bAt + 3u * SIDE]);
        for (var i = 0u; i < ROWS; i++) {  // unroll
          sums[i] = fma(vec4f(aPanel[k * A_STRIDE + y + i * SIDE]), right, sums[i]);
        }
      }
    }
    for (var i = 0u; i < ROWS; i++) {  // unroll
      totals[i] += sums[i];
    }
  }

  let n = n0 + x + SIDE * vec4u(0u, 1u, 2u, 3u);
  let columns = min(n, vec4u(params.N - 1u));
  for (var i = 0u; i < ROWS; i++) {  // unroll
    let m = m0 + y + i * SIDE;
    if (m < params.M) {
      let at = params.outOffset + firstChunk * params.M * params.N + m * params.outRow;
      if (params.useAddend != 0u) {
        let addendAt = columns + (params.addendOffset + m * params.addendRow);
        totals[i] += vec4f(addend[addendAt.x], addend[addendAt.y], addend[addendAt.z], addend[addendAt.w]);
      }
      if (params.accumulate != 0u) {
        totals[i] += vec4f(out[at + columns.x], out[at + columns.y], out[at + columns.z], out[at + columns.w]);
      }
      for (var j = 0u; j < 4u; j++) {  // unroll
        if (n[j] < params.N) { out[at + n[j]] = totals[i][j]; }
      }
    }
  }
}
