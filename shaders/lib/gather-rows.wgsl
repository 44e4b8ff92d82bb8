// gather-rows: the body of the kernels that pick rows. The file that includes this one declares rows and out, and `fn sourceAt(index: u32) -> f32`.

struct Params {
  count: u32,
  width: u32,
  parts: u32,
  sourceOffset: u32,
  sourceStride: u32,
  outOffset: u32,
  outStride: u32,
  firstRow: u32,  // source holds rows [firstRow, endRow) of the table; rows picked elsewhere are left alone
  endRow: u32,
  accumulate: u32,
}

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
  let row = rows[i];
  if (row < params.firstRow || row >= params.endRow) { return; }
  let start = params.sourceOffset + (row - params.firstRow) * params.sourceStride;
  let place = params.outOffset + i * params.outStride;
  for (var c = index % params.parts; c < params.width; c += params.parts) {
    var value = sourceAt(start + c);
    if (params.accumulate != 0u) { value += out[place + c]; }
    out[place + c] = value;
  }
}
