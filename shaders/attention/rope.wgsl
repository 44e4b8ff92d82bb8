// rope: rotates pairs of elements of every head by the angle of the row's position, in place; the inverse rotates back.
//
//   (x[i], x[i + D/2]) ← (x[i] · cos − x[i + D/2] · sin,  x[i + D/2] · cos + x[i] · sin)      i < D/2
//
// Shapes     count rows of `heads` heads side by side, D = headWidth even; row r begins at offset + r · stride
// Bindings   0 positions  read    u32 [count]  each a row of table
//            1 table      read    f32 [positions, D]  cosines, then sines
//            2 x          update  f32
//            3 params     uniform
// Dispatch   `parts` lanes to a row, each every parts-th pair; folded
// Numerics   f32; the rotation is orthogonal, so the inverse is also the gradient
// Oracle     ropeKernel.reference in src/kernels/rope.ts

// use lib/grid.wgsl

struct Params {
  count: u32,
  heads: u32,
  headWidth: u32,
  parts: u32,
  xOffset: u32,
  xStride: u32,
  inverse: u32,
}

@group(0) @binding(0) var<storage, read> positions: array<u32>;
@group(0) @binding(1) var<storage, read> table: array<f32>;
@group(0) @binding(2) var<storage, read_write> x: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

override LANES: u32 = 16;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = workgroupIndex(workgroup, grid) * LANES + lane;
  let row = index / params.parts;
  if (row >= params.count) { return; }
  let half = params.headWidth / 2u;
  let angles = positions[row] * params.headWidth;
  let start = params.xOffset + row * params.xStride;
  let turn = select(1.0, -1.0, params.inverse != 0u);
  for (var pair = index % params.parts; pair < params.heads * half; pair += params.parts) {
    let i = pair % half;
    let at = start + (pair / half) * params.headWidth + i;
    let c = table[angles + i];
    let s = table[angles + half + i] * turn;
    let left = x[at];
    let right = x[at + half];
    x[at] = left * c - right * s;
    x[at + half] = right * c + left * s;
  }
}
