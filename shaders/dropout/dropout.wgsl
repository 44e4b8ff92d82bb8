// dropout: drops elements at random, scales the rest, and adds what a residual branch is added to. In place.
//
//   x[i, c] ← keep(i, c) · x[i, c] / (1 − rate) + addend[i, c]
//   keep(i, c) = uniform(sequence_i, position_i, c, site) ≥ rate
//
// Shapes     count rows of width columns; a mask belongs to a token of a sequence, wherever its row lies
// Bindings   0 x          update  f32
//            1 addend     read    f32
//            2 sequences  read    u32 [count]
//            3 positions  read    u32 [count]
//            4 params     uniform
// Dispatch   one lane per row and four columns, folded
// Numerics   f32; masks are Philox words, the same on every device
// Oracle     dropoutKernel.reference in src/kernels/dropout.ts

// use lib/grid.wgsl
// use lib/random.wgsl

struct Params {
  count: u32,
  width: u32,
  useAddend: u32,
  site: u32,
  rate: f32,
  key0: u32,
  key1: u32,
}

@group(0) @binding(0) var<storage, read_write> x: array<f32>;
@group(0) @binding(1) var<storage, read> addend: array<f32>;
@group(0) @binding(2) var<storage, read> sequences: array<u32>;
@group(0) @binding(3) var<storage, read> positions: array<u32>;
@group(0) @binding(4) var<uniform> params: Params;

override LANES: u32 = 64;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = workgroupIndex(workgroup, grid) * LANES + lane;
  let quads = (params.width + 3u) / 4u;
  let row = index / quads;
  let quad = index % quads;
  if (row >= params.count) { return; }

  let words = philox(vec4u(sequences[row], positions[row], quad, params.site), vec2u(params.key0, params.key1));
  let scale = 1.0 / (1.0 - params.rate);
  for (var i = 0u; i < 4u; i++) {
    let column = quad * 4u + i;
    if (column >= params.width) { return; }
    let at = row * params.width + column;
    var value = select(0.0, x[at] * scale, uniformOf(words[i]) >= params.rate);
    if (params.useAddend != 0u) { value += addend[at]; }
    x[at] = value;
  }
}
