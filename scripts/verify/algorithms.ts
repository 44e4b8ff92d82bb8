/**
 * Checks algorithms against files of fixtures.
 *
 * A family (the `family` of a file's header) is a record: algorithm name → function of a case and a device that computes what the
 * case expects, under the same keys (`metrics` a record by name). The registry of families is in `families/index.ts`. A function
 *   - reads inputs and options through `Fields`; a case with an option that was not read is not covered;
 *   - leaves out what it cannot compute; a required quantity left out makes the case not covered;
 *   - runs its numbers on the device it is given; algorithms that the file calls `hostOnly` may ignore it;
 *   - for a case that expects `error`, throws a `TrainerError` that names the option, or returns
 *     `error: { fixed: …, expected: … }` with the value of the mended behaviour and what it must be.
 */

import { TrainerError } from '../../src/base/errors.ts';
import type { Device } from '../../src/gpu/device.ts';
import { compareQuantity, type Outcome, type Precision, quantitiesOf } from './compare.ts';
import { families } from './families/index.ts';
import { type Json, numberOf } from './fields.ts';
import { type FixtureCase, type FixtureFile, readFixtureFile } from './fixture.ts';
import { printReport } from './report.ts';

export type Computed = Readonly<Record<string, unknown>>;
export type Compute = (one: FixtureCase, device: Device) => Computed | Promise<Computed>;
export type Family = Readonly<Record<string, Compute>>;

export interface CaseReport {
  readonly one: FixtureCase;
  readonly outcomes: readonly Outcome[];
  /** Why the case does not count as covered. */
  readonly uncovered: readonly string[];
  /** Why this device need not run the case. */
  readonly setAside?: string;
}

export interface VerifyOptions {
  readonly precision: Precision;
  /** Algorithm names or case ids; all when absent. */
  readonly only?: readonly string[] | undefined;
}

/** @returns whether every case of every file was covered and within tolerance */
export async function verifyAlgorithms(
  paths: readonly string[],
  device: Device,
  { precision, only }: VerifyOptions,
  print: (line: string) => void,
): Promise<boolean> {
  let good = 0;
  for (const path of paths) {
    const file = await readFixtureFile(path);
    const chosen = file.cases.filter(({ id, algorithm }) => !only || only.includes(algorithm) || only.includes(id));
    const reports: CaseReport[] = [];
    for (const one of chosen) reports.push(await verifyCase(file, one, device, precision));
    if (printReport(file, reports, device, precision, print)) good++;
  }
  print(`${good} of ${paths.length} files covered and within tolerance on ${device.name}`);
  return good === paths.length;
}

export async function verifyCase(file: FixtureFile, one: FixtureCase, device: Device, precision: Precision): Promise<CaseReport> {
  const quantities = quantitiesOf(one.expected);
  const aside = precision === 'float32' && reasonToSetAside(file, one);
  if (aside) return { one, outcomes: [], uncovered: [], setAside: aside };
  const compute = families[file.family]?.[one.algorithm];
  if (!compute) return { one, outcomes: [], uncovered: [`no computation ${one.algorithm} in family ${file.family}`] };
  const { values, refusal } = await attempt(compute, one, device);
  const limits = one.tolerance ?? file.tolerance[precision];
  const outcomes: Outcome[] = [];
  const uncovered: string[] = [];
  for (const [quantity, expected] of quantities) {
    if (quantity === 'error') {
      const outcome = compareRefusal(one, expected, values, refusal, (value, got) => compareQuantity('error', value, got, one, limits, precision));
      if (outcome) outcomes.push(outcome);
      else uncovered.push('error: expected a refusal that names the option, or the mended value');
      continue;
    }
    const got = quantity.startsWith('metrics.') ? metricOf(values, quantity.slice('metrics.'.length)) : values[quantity];
    const isInformative = file.informative.includes(quantity);
    if (got === undefined && expected !== null) {
      if (!isInformative) uncovered.push(refusal ? `refused: ${refusal}` : `${quantity} was not computed`);
    } else {
      const outcome = compareQuantity(quantity, expected, got, one, limits, precision);
      outcomes.push(isInformative ? { ...outcome, quantity: `(${quantity})` } : outcome);
    }
  }
  if (!refusal) for (const name of one.options.unread) uncovered.push(`option ${name} is not known`);
  return { one, outcomes, uncovered: [...new Set(uncovered)] };
}

function reasonToSetAside(file: FixtureFile, one: FixtureCase): string | null {
  if (file.hostOnly.includes(one.algorithm) && one.expected.loss === undefined) return 'host only';
  const hasNonFinite = (value: Json): boolean => {
    if (typeof value === 'object' && value !== null) return Object.values(value).some(hasNonFinite);
    const number = numberOf(value);
    return number !== null && !Number.isFinite(number);
  };
  return Object.values(one.expected).some(hasNonFinite) ? 'not finite' : null;
}

async function attempt(compute: Compute, one: FixtureCase, device: Device): Promise<{ values: Computed; refusal?: string }> {
  try {
    return { values: await compute(one, device) };
  } catch (error) {
    if (!(error instanceof TrainerError)) throw error;
    return { values: {}, refusal: error.message };
  }
}

function metricOf({ metrics }: Computed, name: string): unknown {
  return typeof metrics === 'object' && metrics !== null ? Object.entries(metrics).find(([key]) => key === name)?.[1] : undefined;
}

/** A refusal passes when it names an option of the case; else there must be the mended value. */
function compareRefusal(
  one: FixtureCase,
  expected: Json,
  { error }: Computed,
  refusal: string | undefined,
  compare: (value: Json, got: unknown) => Outcome,
): Outcome | null {
  if (refusal !== undefined) {
    const isNamed = one.options.names.some((name) => refusal.includes(name));
    return isNamed ? { quantity: 'error', compared: 1, worst: 0, error: 0, where: `: refused (${refusal}), expected ${String(expected)}` } : null;
  }
  if (typeof error !== 'object' || error === null || !('fixed' in error) || !('expected' in error)) return null;
  return compare(error.expected as Json, error.fixed);
}
