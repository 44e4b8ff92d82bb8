/** A setpoint given while the run goes on: a number, or (step, value) pairs. It holds from its step until the next edit's. */
export interface SetpointEdit {
  readonly setpoint: number | readonly (readonly [step: number, value: number])[];
  readonly fromStep: number;
}
