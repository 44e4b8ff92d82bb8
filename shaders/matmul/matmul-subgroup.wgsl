// matmul-subgroup: one product of two matrices, each subgroup a tile of 8 or 32 rows × 32 columns in registers, no barriers.
//
//   out[m, n] = Σ_k a[m, k] · b[k, n]  (+ addend[m, n])  (+ out[m, n])
//
// A lane holds the tile's rows of every SUBGROUP-th column. What the tile needs of `a` is loaded once, each lane a part, and
// broadcast: on a CPU a load costs as much as ten multiply-adds, and a broadcast next to nothing.
//
// Shapes     M rows, N columns, K summed; every operand is addressed as offset + row · rowStride + column · columnStride
// Bindings   0 a        read    f32
//            1 b        read    f32
//            2 addend   read    f32
//            3 out      update  f32
//            4 params   uniform
// Dispatch   one workgroup of one subgroup per tile, tiles of one row block side by side, folded
// Numerics   f32; k runs from 0 to K − 1 in order, so a row's bits do not depend on M; with CONTINUES the sum
//            begins with what out holds; an infinite last product of an odd K gives NaN
// Oracle     matmulSubgroup.reference in src/kernels/matmul-forms.ts

enable subgroups;

// use lib/grid.wgsl
// use lib/matmul-subgroup.wgsl

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read> addend: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

fn rightAt(index: u32) -> f32 { return b[index]; }
