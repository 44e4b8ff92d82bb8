/** Laws that turn the gap between a wanted and a measured entropy into an actuator's value, and schedules of what is wanted. */

/** A number, or (step, value) pairs joined by straight lines; constant before the first and after the last. */
export type Setpoint = number | readonly (readonly [step: number, value: number])[];

export function setpointAt(setpoint: Setpoint, step: number): number {
  if (typeof setpoint === 'number') return setpoint;
  const points = [...setpoint].sort(([a], [b]) => a - b);
  const after = points.findIndex(([at]) => at > step);
  if (after === 0) return points[0]![1];
  if (after < 0) return points.at(-1)![1];
  const [[from, low], [to, high]] = [points[after - 1]!, points[after]!];
  return low + ((high - low) * (step - from)) / (to - from);
}

export interface LawOptions {
  readonly law: 'pi' | 'band' | 'bang-bang';
  /** Actuator per nat of gap (pi). */
  readonly proportional: number;
  /** Actuator per nat of gap and step (pi). */
  readonly integral: number;
  /** Change of the actuator per step (band), nats around the setpoint within which it stays. */
  readonly step: number;
  readonly width: number;
  readonly min: number;
  readonly max: number;
}

export interface LawState {
  /** What the gaps have summed up to (pi). */
  readonly sum: number;
  readonly value: number;
}

/**
 * The actuator after a measurement; gap = setpoint − entropy.
 *
 *   pi:         sum ← sum + integral · gap, unless the actuator is held at the limit it pushes against;  value = start + sum + proportional · gap
 *   band:       value ± step outside setpoint ± width, unchanged within
 *   bang-bang:  max below the setpoint, min above
 *
 * Every value is held in [min, max].
 */
export function nextActuator({ sum, value }: LawState, gap: number, start: number, options: LawOptions): LawState {
  const { law, proportional, integral, step, width, min, max } = options;
  const hold = (x: number): number => Math.min(max, Math.max(min, x));
  if (law === 'bang-bang') return { sum, value: gap > 0 ? max : min };
  if (law === 'band') return { sum, value: hold(gap > width ? value + step : gap < -width ? value - step : value) };
  const moved = sum + integral * gap;
  const wanted = start + moved + proportional * gap;
  const isHeld = (wanted > max && gap > 0) || (wanted < min && gap < 0);
  const kept = isHeld ? sum : moved;
  return { sum: kept, value: hold(start + kept + proportional * gap) };
}
