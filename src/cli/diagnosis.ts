/** What a machine and its adapter are, found out by looking and by measuring. */

import { readFileSync, statfsSync } from 'node:fs';
import { availableParallelism, freemem, totalmem } from 'node:os';
import { TrainerError } from '../base/errors.ts';
import type { AdapterKind } from '../gpu/adapter-node.ts';
import { openDevice, type OpenedDevice } from '../gpu/open-device-node.ts';
import { type Ceilings, measureCeilings } from '../gpu/probe.ts';
import { type Check, measureProduct, type ProductSpeed, selfCheck } from './self-check.ts';

export interface MachineDiagnosis {
  readonly entrain: string;
  readonly node: string;
  readonly platform: string;
  readonly processors: number;
  readonly memoryBytes: number;
  readonly memoryFreeBytes: number;
  /** Where this command was started. */
  readonly diskFreeBytes: number;
  /** Whether HF_TOKEN has a value. The value itself is never read out. */
  readonly hasHubToken: boolean;
}

export interface AdapterDiagnosis {
  readonly name: string;
  readonly kind: AdapterKind;
  readonly reason: string;
  /** Version of the `webgpu` package. */
  readonly dawn: string;
  readonly vendor: string;
  readonly architecture: string;
  readonly driver: string;
  readonly tier: string;
  readonly features: { readonly offered: readonly string[]; readonly granted: readonly string[] };
  readonly limits: Readonly<Record<string, { readonly offered: number; readonly granted: number }>>;
  readonly checks: readonly Check[];
  readonly ceilings: Ceilings;
  readonly product: ProductSpeed;
}

export interface Diagnosis {
  readonly machine: MachineDiagnosis;
  /** Or why there is none that works, and what to do. */
  readonly adapter: AdapterDiagnosis | { readonly error: string };
}

const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
] as const;

/** @param choice as of `openAdapter` */
export async function diagnose(choice: string | undefined): Promise<Diagnosis> {
  return { machine: lookAtMachine(), adapter: await tryAdapter(choice) };
}

function lookAtMachine(): MachineDiagnosis {
  const { version: entrain } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
  const disk = statfsSync(process.cwd());
  return {
    entrain,
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    processors: availableParallelism(),
    memoryBytes: totalmem(),
    memoryFreeBytes: freemem(),
    diskFreeBytes: disk.bavail * disk.bsize,
    hasHubToken: Boolean(process.env.HF_TOKEN),
  };
}

async function tryAdapter(choice: string | undefined): Promise<AdapterDiagnosis | { error: string }> {
  try {
    const opened = await openDevice(choice);
    try {
      return await examine(opened);
    } finally {
      opened.device.close();
    }
  } catch (error) {
    if (error instanceof TrainerError) return { error: error.message };
    throw error;
  }
}

async function examine({ device, adapter: { adapter, name, kind, reason, dawn }, raw }: OpenedDevice): Promise<AdapterDiagnosis> {
  const { vendor, architecture, description: driver } = adapter.info;
  return {
    name,
    kind,
    reason,
    dawn,
    vendor,
    architecture,
    driver,
    tier: device.traits.tier,
    features: { offered: [...adapter.features].sort(), granted: [...raw.features].sort() },
    limits: Object.fromEntries(LIMITS.map((limit) => [limit, { offered: adapter.limits[limit], granted: raw.limits[limit] }])),
    checks: await selfCheck(device),
    ceilings: await measureCeilings(device),
    product: await measureProduct(device),
  };
}
