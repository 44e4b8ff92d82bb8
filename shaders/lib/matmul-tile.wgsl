// matmul-tile: the body of the forms for GPUs, each workgroup a block staged through workgroup memory. The file that includes this one declares a,
// aQuads, addend and out, and reads b: `fn rightAt(index: u32) -> f32`, and `fn rightQuad(index: u32) -> vec4f`, four numbers from a multiple of
// four. The host puts before it ROWS, the rows of a lane, CHUNK, a multiple of PANEL, and CONTINUES.

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
      if (n < params.N && k < params.K) { quad = rightQuad(at); }
    } else {
      for (var e = 0u; e < 4u; e++) {  // unroll
        if (n + e * step.x < params.N && k + e * step.y < params.K) {
          quad[e] = rightAt(at + e * (step.x * params.bColumn + step.y * params.bRow));
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
  let n = n0 + x + SIDE * vec4u(0u, 1u, 2u, 3u);
  let columns = min(n, vec4u(params.N - 1u));
  var totals: array<vec4f, ROWS>;
  if (CONTINUES == 1u) {
    for (var i = 0u; i < ROWS; i++) {  // unroll
      let at = columns + (params.outOffset + min(m0 + y + i * SIDE, params.M - 1u) * params.outRow);
      totals[i] = vec4f(out[at.x], out[at.y], out[at.z], out[at.w]);
    }
  }
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

  for (var i = 0u; i < ROWS; i++) {  // unroll
    let m = m0 + y + i * SIDE;
    if (m < params.M) {
      let at = params.outOffset + firstChunk * params.M * params.N + m * params.outRow;
      if (params.useAddend != 0u) {
        let addendAt = columns + (params.addendOffset + m * params.addendRow);
        totals[i] += vec4f(addend[addendAt.x], addend[addendAt.y], addend[addendAt.z], addend[addendAt.w]);
      }
      if (params.accumulate == 1u) {
        totals[i] += vec4f(out[at + columns.x], out[at + columns.y], out[at + columns.z], out[at + columns.w]);
      }
      for (var j = 0u; j < 4u; j++) {  // unroll
        if (n[j] < params.N) { out[at + n[j]] = totals[i][j]; }
      }
    }
  }
}
