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
//            bits do not depend on M. With CONTINUES the totals begin with what out holds
// Oracle     matmulTile.reference in src/kernels/matmul-tile.ts

// use lib/grid.wgsl
// use lib/matmul-tile.wgsl

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> aQuads: array<vec4f>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read> bQuads: array<vec4f>;
@group(0) @binding(4) var<storage, read> addend: array<f32>;
@group(0) @binding(5) var<storage, read_write> out: array<f32>;
@group(0) @binding(6) var<uniform> params: Params;

fn rightAt(index: u32) -> f32 { return b[index]; }
fn rightQuad(index: u32) -> vec4f { return bQuads[index / 4u]; }
