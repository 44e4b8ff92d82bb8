// adamw-pace: how far an update of AdamW goes, by the updates that were made. The file that includes this one declares params and control.
//
// The host takes those it has not heard of as made; each that was skipped lowers t by one:
//   1 − betaᵗ⁻¹ = c − (1 − c) · (1/beta − 1)        c = 1 − betaᵗ

struct Pace {
  stepSize: f32,
  rootCorrection2: f32,
  skipped: u32,  // updates that the host takes as made and were not
}

fn paceOfUpdate() -> Pace {
  var pace = Pace(params.stepSize, params.rootCorrection2, 0u);
  if (control[3] <= params.skipped) { return pace; }
  var correction1 = params.correction1;
  var correction2 = params.correction2;
  for (var known = params.skipped; known < control[3]; known += 1.0) {
    correction1 -= (1.0 - correction1) * params.stepBack1;
    correction2 -= (1.0 - correction2) * params.stepBack2;
    pace.skipped += 1u;
  }
  pace.stepSize = params.lr / correction1;
  pace.rootCorrection2 = sqrt(correction2);
  return pace;
}
