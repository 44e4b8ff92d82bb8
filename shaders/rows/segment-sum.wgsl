// segment-sum: rows summed by segment and added to the rows of another table; the gradient of an embedding, without atomics.
//
//   out[targets[s], c] += Σ_{starts[s] ≤ j < starts[s + 1]} source[order[j], c]
//
// Shapes     segments sums, width elements of each; row r of a table begins at offset + r · stride
// Bindings   0 source   read    f32
//            1 order    read    u32                 rows of source, segment after segment
//            2 starts   read    u32 [segments + 1]  where each segment begins in order
//            3 targets  read    u32 [segments]      distinct rows of out
//            4 out      update  f32
//            5 params   uniform
// Dispatch   `parts` lanes to a segment, each every parts-th element; folded
// Numerics   f32; summed from 0 in the order given, then added to out
// Oracle     segmentSumKernel.reference in src/kernels/rows.ts

// use lib/grid.wgsl

struct Params {
  segments: u32,
  width: u32,
  parts: u32,
  sourceOffset: u32,
  sourceStride: u32,
  outOffset: u32,
  outStride: u32,
  firstRow: u32,  // out holds rows [firstRow, endRow) of the table; segments that belong elsewhere are left out
  endRow: u32,
}

@group(0) @binding(0) var<storage, read> source: array<f32>;
@group(0) @binding(1) var<storage, read> order: array<u32>;
@group(0) @binding(2) var<storage, read> starts: array<u32>;
@group(0) @binding(3) var<storage, read> targets: array<u32>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;
@group(0) @binding(5) var<uniform> params: Params;

override LANES: u32 = 16;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = workgroupIndex(workgroup, grid) * LANES + lane;
  let s = index / params.parts;
  if (s >= params.segments) { return; }
  let row = targets[s];
  if (row < params.firstRow || row >= params.endRow) { return; }
  let first = starts[s];
  let end = starts[s + 1u];
  let place = params.outOffset + (row - params.firstRow) * params.outStride;
  for (var c = index % params.parts; c < params.width; c += params.parts) {
    var sum = 0.0;
    for (var j = first; j < end; j++) {
      sum += source[params.sourceOffset + order[j] * params.sourceStride + c];
    }
    out[place + c] += sum;
  }
}
