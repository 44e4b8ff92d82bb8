// gather-rows: rows of one table, picked by their index.
//
//   out[i, c] = source[rows[i], c]
//
// Shapes     count rows picked, width elements of each; row r of a table begins at offset + r · stride
// Bindings   0 source  read   f32
//            1 rows    read   u32 [count]  each a row of source
//            2 out     write  f32
//            3 params  uniform
// Dispatch   `parts` lanes to a row, each every parts-th element; folded
// Numerics   copies
// Oracle     gatherRowsKernel.reference in src/kernels/rows.ts

// use lib/grid.wgsl

struct Params {
  count: u32,
  width: u32,
  parts: u32,
  sourceOffset: u32,
  sourceStride: u32,
  outOffset: u32,
  outStride: u32,
}

@group(0) @binding(0) var<storage, read> source: array<f32>;
@group(0) @binding(1) var<storage, read> rows: array<u32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

override LANES: u32 = 16;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = workgroupIndex(workgroup, grid) * LANES + lane;
  let i = index / params.parts;
  if (i >= params.count) { return; }
  let start = params.sourceOffset + rows[i] * params.sourceStride;
  let place = params.outOffset + i * params.outStride;
  for (var c = index % params.parts; c < params.width; c += params.parts) {
    out[place + c] = source[start + c];
  }
}
