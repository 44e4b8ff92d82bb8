// gather-rows: rows of one table, picked by their index.
//
//   out[i, c] = source[rows[i], c]      (+ out[i, c])
//
// Shapes     count rows picked, width elements of each; row r of a table begins at offset + r · stride. Of a table held in ranges of rows,
//            source is one range, and rows picked elsewhere are left alone
// Bindings   0 source  read   f32
//            1 rows    read   u32 [count]  each a row of source
//            2 out     update f32
//            3 params  uniform
// Dispatch   `parts` lanes to a row, each every parts-th element; folded
// Numerics   copies, or one addition
// Oracle     gatherRowsKernel.reference in src/kernels/rows.ts

// use lib/grid.wgsl
// use lib/gather-rows.wgsl

@group(0) @binding(0) var<storage, read> source: array<f32>;
@group(0) @binding(1) var<storage, read> rows: array<u32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

fn sourceAt(index: u32) -> f32 { return source[index]; }
