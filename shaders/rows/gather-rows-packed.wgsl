// gather-rows-packed: rows of one packed table, picked by their index.
//
//   out[i, c] = source[rows[i], c]      (+ out[i, c])
//
// Shapes     count rows picked, width elements of each; row r of a table begins at offset + r · stride. Of a table held in ranges of rows,
//            source is one range, and rows picked elsewhere are left alone
// Bindings   0 source  read   u32  in the words of lib/weights.wgsl; offset and stride count numbers
//            1 rows    read   u32 [count]  each a row of source
//            2 out     update f32
//            3 params  uniform
// Dispatch   `parts` lanes to a row, each every parts-th element; folded
// Numerics   widened exactly; q4_1 rounds once, an addition once more
// Oracle     gatherRowsPackedKernel.reference in src/kernels/rows.ts

// use lib/grid.wgsl
// use lib/weights.wgsl
// use lib/gather-rows.wgsl

@group(0) @binding(0) var<storage, read> source: array<u32>;
@group(0) @binding(1) var<storage, read> rows: array<u32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

fn weightWord(at: u32) -> u32 { return source[at]; }
fn sourceAt(index: u32) -> f32 { return weightAt(index); }
