// naive-matmul: what a product of two matrices costs when written down as it is defined; a yardstick, not a part of training.
//
//   out[m, n] = Σ_k a[m, k] · b[n, k]

struct Params {
  M: u32,
  N: u32,
  K: u32,
}

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.N || id.y >= params.M) { return; }
  var sum = 0.0;
  for (var k = 0u; k < params.K; k++) {
    sum += a[id.y * params.K + k] * b[id.x * params.K + k];
  }
  out[id.y * params.N + id.x] = sum;
}
