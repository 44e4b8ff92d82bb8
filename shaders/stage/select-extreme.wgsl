// select-extreme: of each segment, exactly the k smallest or largest eligible values; and the k-th of them.
//
//   chosen = 1 for the k eligible values that come first, else 0 (the other way round when params.inverted)
//   limits[s] = the value that comes k-th;  equal values are taken in order of index;  all are taken when fewer than k are eligible, and the limit is 0
//
// Shapes     S segments of L elements
// Bindings   0 values    read    f32 [S, L]
//            1 eligible  read    f32 [S, L]              0 = not to be chosen
//            2 counts    read    f32         k, a view: offset + s · row; whole numbers below 2²⁴
//            3 chosen    write   f32 [S, L]
//            4 limits    write   f32 [S]
//            5 params    uniform
// Dispatch   one workgroup per segment, folded
// Numerics   exact: a radix search over the bits of the values, eight at a time; integer atomics only
// Oracle     selectExtremeKernel.reference in src/kernels/stages-select.ts

// use lib/grid.wgsl

struct Params {
  S: u32,
  L: u32,
  largest: u32,
  inverted: u32,
  countsOffset: u32,
  countsRow: u32,
}

@group(0) @binding(0) var<storage, read> values: array<f32>;
@group(0) @binding(1) var<storage, read> eligible: array<f32>;
@group(0) @binding(2) var<storage, read> counts: array<f32>;
@group(0) @binding(3) var<storage, read_write> chosen: array<f32>;
@group(0) @binding(4) var<storage, read_write> limits: array<f32>;
@group(0) @binding(5) var<uniform> params: Params;

override LANES: u32 = 64;

var<workgroup> histogram: array<atomic<u32>, 256>;
var<workgroup> ties: array<u32, LANES>;
var<workgroup> prefix: u32;
var<workgroup> remaining: u32;

// Keys in the order of the values: the sign bit flipped, and negative numbers turned round.
fn keyOf(value: f32) -> u32 {
  let bits = bitcast<u32>(value + 0.0);
  let ordered = select(bits | 0x80000000u, ~bits, (bits & 0x80000000u) != 0u);
  return select(ordered, ~ordered, params.largest != 0u);
}

fn valueOf(key: u32) -> f32 {
  let ordered = select(key, ~key, params.largest != 0u);
  return bitcast<f32>(select(~ordered, ordered & 0x7fffffffu, (ordered & 0x80000000u) != 0u));
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let s = workgroupIndex(workgroup, grid);
  if (s >= params.S) { return; }  // uniform per workgroup, so the barriers below stay legal
  let base = s * params.L;
  let count = u32(counts[params.countsOffset + s * params.countsRow]);
  let chunk = (params.L + LANES - 1u) / LANES;
  let start = min(lane * chunk, params.L);
  let end = min(start + chunk, params.L);

  // Digit by digit: how many eligible keys share the prefix found so far, and which digit the k-th of them has.
  if (lane == 0u) {
    prefix = 0u;
    remaining = count;
  }
  for (var round = 0u; round < 4u; round++) {
    let shift = 24u - 8u * round;
    for (var digit = lane; digit < 256u; digit += LANES) { atomicStore(&histogram[digit], 0u); }
    workgroupBarrier();
    for (var i = start; i < end; i++) {
      let key = keyOf(values[base + i]);
      let agrees = round == 0u || (key >> (shift + 8u)) == (prefix >> (shift + 8u));
      if (eligible[base + i] != 0.0 && agrees) { atomicAdd(&histogram[(key >> shift) & 255u], 1u); }
    }
    workgroupBarrier();
    if (lane == 0u) {
      var digit = 0u;
      while (digit < 255u && atomicLoad(&histogram[digit]) < remaining) {
        remaining -= atomicLoad(&histogram[digit]);
        digit++;
      }
      prefix |= digit << shift;
    }
    workgroupBarrier();
  }

  // Keys below the k-th are in; keys equal to it in order of index, as many as remain.
  var equal = 0u;
  for (var i = start; i < end; i++) {
    equal += select(0u, 1u, eligible[base + i] != 0.0 && keyOf(values[base + i]) == prefix);
  }
  ties[lane] = equal;
  workgroupBarrier();
  var before = 0u;
  for (var other = 0u; other < lane; other++) { before += ties[other]; }
  for (var i = start; i < end; i++) {
    let key = keyOf(values[base + i]);
    var isChosen = false;
    if (eligible[base + i] != 0.0 && count > 0u) {
      isChosen = key < prefix;
      if (key == prefix) {
        isChosen = before < remaining;
        before++;
      }
    }
    chosen[base + i] = f32(u32(isChosen) ^ params.inverted);
  }
  // No key is all ones: that prefix says that fewer than k were eligible.
  if (lane == 0u) { limits[s] = select(valueOf(prefix), 0.0, count == 0u || prefix == 0xffffffffu); }
}
