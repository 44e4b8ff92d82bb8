// advance-rows: what the next decode pass reads about every row: its token, position, cache row and the cache rows it attends to.
//
//   position = prefixEnd − prefixStart + length − 1        cacheRow = ownStart + length − 1
//   range = prefixStart, prefixEnd, ownStart, ownStart + length
//
// Shapes     B rows
// Bindings   0 state       read   u32 [B, 4]   rowId, length ≥ 1, finished, lastToken
//            1 prompts     read   u32 [B, 3]   prefixStart, prefixEnd, ownStart
//            2 ranges      write  u32 [B, 4]
//            3 positions   write  u32 [B]
//            4 cacheRows   write  u32 [B]
//            5 lastTokens  write  u32 [B]
//            6 params      uniform
// Dispatch   one lane per row, folded
// Numerics   integers
// Oracle     advanceRowsDirect.reference in src/kernels/sampling.ts

// use lib/grid.wgsl

struct Params {
  count: u32,  // B
}

@group(0) @binding(0) var<storage, read> state: array<u32>;
@group(0) @binding(1) var<storage, read> prompts: array<u32>;
@group(0) @binding(2) var<storage, read_write> ranges: array<u32>;
@group(0) @binding(3) var<storage, read_write> positions: array<u32>;
@group(0) @binding(4) var<storage, read_write> cacheRows: array<u32>;
@group(0) @binding(5) var<storage, read_write> lastTokens: array<u32>;
@group(0) @binding(6) var<uniform> params: Params;

override LANES: u32 = 16;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = workgroupIndex(workgroup, grid) * LANES + lane;
  if (row >= params.count) { return; }
  let length = state[row * 4u + 1u];
  let prefixStart = prompts[row * 3u];
  let prefixEnd = prompts[row * 3u + 1u];
  let ownStart = prompts[row * 3u + 2u];
  ranges[row * 4u] = prefixStart;
  ranges[row * 4u + 1u] = prefixEnd;
  ranges[row * 4u + 2u] = ownStart;
  ranges[row * 4u + 3u] = ownStart + length;
  positions[row] = prefixEnd - prefixStart + length - 1u;
  cacheRows[row] = ownStart + length - 1u;
  lastTokens[row] = state[row * 4u + 3u];
}
