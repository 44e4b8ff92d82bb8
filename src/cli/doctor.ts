/** `entrain doctor`: what this machine offers, whether it computes rightly, and how fast; or what to install. */

import { type AdapterDiagnosis, diagnose, type MachineDiagnosis } from './diagnosis.ts';

export interface DoctorOptions {
  readonly adapter?: string;
  /** One JSON object instead of lines for people. */
  readonly json?: boolean;
}

/** What the engine has a use for; the rest is in the JSON. */
const FEATURES = ['shader-f16', 'subgroups', 'timestamp-query', 'chromium-experimental-subgroup-matrix'];

const GIB = 2 ** 30;

/**
 * Prints the diagnosis and returns the exit code: 0, or 1 where no adapter was found or its results are wrong.
 *
 * @param out takes whole lines, each with its end
 */
export async function doctor(options: DoctorOptions, out: { write(line: string): void }): Promise<number> {
  const { machine, adapter } = await diagnose(options.adapter);
  const isUsable = !('error' in adapter) && adapter.checks.every(({ passed }) => passed);
  if (options.json) {
    out.write(`${JSON.stringify({ machine, adapter, usable: isUsable })}\n`);
    return isUsable ? 0 : 1;
  }
  const lines = [...describeMachine(machine), '', ...('error' in adapter ? [adapter.error] : describeAdapter(adapter))];
  for (const line of lines) out.write(`${line}\n`);
  return isUsable ? 0 : 1;
}

function describeMachine(machine: MachineDiagnosis): string[] {
  const gib = (bytes: number): string => `${(bytes / GIB).toFixed(1)} GiB`;
  return [
    row('entrain', machine.entrain),
    row('node', `${machine.node} on ${machine.platform}, ${machine.processors} processors`),
    row('memory', `${gib(machine.memoryFreeBytes)} free of ${gib(machine.memoryBytes)}`),
    row('disk', `${gib(machine.diskFreeBytes)} free here`),
    row('HF_TOKEN', machine.hasHubToken ? 'set' : 'not set; models and data sets that ask for one will be refused'),
  ];
}

function describeAdapter(adapter: AdapterDiagnosis): string[] {
  const { ceilings, product, features } = adapter;
  const share = (100 * product.gflops) / ceilings.multiplyAddGflops;
  return [
    row('adapter', `${adapter.name} (${adapter.kind}). ${adapter.reason}`),
    ...(adapter.kind === 'hardware' ? [] : [row('', 'software adapter: says nothing about a GPU')]),
    row('driver', `${adapter.driver}; ${adapter.vendor} ${adapter.architecture}`),
    row('dawn', adapter.dawn.startsWith('none') ? adapter.dawn : `webgpu ${adapter.dawn}`),
    row('tier', adapter.tier),
    ...FEATURES.map((name, i) => row(i === 0 ? 'features' : '', `${name}: ${stateOf(name, features)}`)),
    ...Object.entries(adapter.limits).map(([name, { offered, granted }], i) =>
      row(
        i === 0 ? 'limits' : '',
        `${name}: ${granted.toLocaleString('en')}${granted === offered ? '' : ` granted of ${offered.toLocaleString('en')} offered`}`,
      ),
    ),
    ...adapter.checks.map(({ name, worst, tolerance, passed }, i) =>
      row(
        i === 0 ? 'numbers' : '',
        `${name}: ${passed ? 'right' : 'WRONG'}, at most ${worst.toExponential(1)} from float64 (${tolerance.toExponential(0)} allowed)`,
      ),
    ),
    row('speed', `multiply-add ${ceilings.multiplyAddGflops.toFixed(1)} GFLOP/s, the most this device did`),
    row('', `f32 product of ${product.side}³ ${product.gflops.toFixed(1)} GFLOP/s, ${share.toFixed(0)} % of it`),
    row('', `copy ${ceilings.copyGigabytesPerSecond.toFixed(1)} GB/s; reading back ${ceilings.readbackMs.toFixed(2)} ms`),
    ...verdict(adapter),
  ];
}

function verdict({ checks, name }: AdapterDiagnosis): string[] {
  const wrong = checks.filter(({ passed }) => !passed).map((check) => check.name);
  if (wrong.length === 0) return [];
  return [
    '',
    `adapter ${name}: expected ${wrong.join(' and ')} within its tolerance of float64, got more. Update its driver or choose another with --adapter; training on it would go wrong.`,
  ];
}

function stateOf(name: string, { offered, granted }: AdapterDiagnosis['features']): string {
  if (granted.includes(name)) return 'in use';
  return offered.includes(name) ? 'offered, not used' : 'not offered';
}

function row(label: string, text: string): string {
  return `${label.padEnd(10)}${text}`;
}
