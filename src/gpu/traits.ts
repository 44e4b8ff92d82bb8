/** What an adapter is good at, and so which kernel forms it gets. */

export type Tier = 'software' | 'portable' | 'wide';

/** What decides which form of a kernel an adapter gets. */
export interface DeviceTraits {
  /** `software`: a CPU driver, where barriers are dear and one thread a row is best. */
  readonly tier: Tier;
  /** Lanes of a workgroup for kernels without barriers. */
  readonly lanes: number;
  /** Lanes that share one row in kernels with a tree reduction. A power of two. */
  readonly rowLanes: number;
  /** Workgroups per grid dimension before the grid folds; tests set it low. */
  readonly foldLimit: number;
  /** The largest storage binding, in bytes. */
  readonly maxBindingBytes: number;
  /** Lanes of a subgroup where shaders may use subgroups and all have as many; else 0. */
  readonly subgroupLanes: number;
}

/** The traits of each tier, before the adapter's own limits are read. */
export function traitsOf(tier: Tier, limits: { readonly maxBindingBytes: number; readonly foldLimit?: number; readonly subgroupLanes?: number }): DeviceTraits {
  const { maxBindingBytes, foldLimit = 65_535, subgroupLanes = 0 } = limits;
  const lanes = tier === 'software' ? 16 : 64;
  const rowLanes = tier === 'software' ? 8 : tier === 'wide' ? 256 : 128;
  return { tier, lanes, rowLanes, foldLimit, maxBindingBytes, subgroupLanes };
}
