// thresholds-workgroup: the keys of lib/order.wgsl down to which top-k and top-p keep a row of logits, by the lanes of a workgroup.
//
// Needs lib/reduce.wgsl, logits and params.vocabulary. Both keys are those of elements: the smallest that is kept.

// The largest key that k elements reach.
fn kthKey(lane: u32, base: u32, k: u32) -> u32 {
  var key = 0u;
  for (var bit = 0x80000000u; bit != 0u; bit >>= 1u) {
    var count = 0.0;  // exact: fewer than 2²⁴ elements
    for (var v = lane; v < params.vocabulary; v += LANES) { count += select(0.0, 1.0, orderedKey(logits[base + v]) >= (key | bit)); }
    if (reduceSum(lane, count) >= f32(k)) { key |= bit; }
  }
  return key;
}

// The largest key from which on the mass reaches topP of what is at lowest or above. Only elements that a trial moves are summed.
fn nucleusKey(lane: u32, base: u32, highest: f32, scale: f32, topP: f32, lowest: u32) -> u32 {
  let enough = topP * massBetween(lane, base, highest, scale, lowest, 0xffffffffu);
  var key = 0u;
  var above = 0.0;
  var ceiling = 0xffffffffu;
  for (var bit = 0x80000000u; bit != 0u; bit >>= 1u) {
    let trial = key | bit;
    let moved = massBetween(lane, base, highest, scale, max(trial, lowest), ceiling);
    if (above + moved >= enough) {
      key = trial;
    } else {
      above += moved;
      ceiling = trial;
    }
  }
  return min(max(key, lowest), orderedKey(highest));
}

// Σ exp((x − highest) · scale) over elements with first ≤ key < end.
fn massBetween(lane: u32, base: u32, highest: f32, scale: f32, first: u32, end: u32) -> f32 {
  var mass = 0.0;
  for (var v = lane; v < params.vocabulary; v += LANES) {
    let x = logits[base + v];
    let key = orderedKey(x);
    if (key >= first && key < end) { mass += exp((x - highest) * scale); }
  }
  return reduceSum(lane, mass);
}
