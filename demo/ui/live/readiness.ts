/** Whether this browser can train, asked before anyone presses the button. */

/** Why training cannot start here and what would help; null where it can. */
export async function missingForTraining(): Promise<string | null> {
  if (!globalThis.isSecureContext) return 'Training needs a page served over https or from localhost. Open this page over https.';
  const { gpu } = navigator as { readonly gpu?: Navigator['gpu'] };
  if (!gpu)
    return 'This browser has no WebGPU, so it cannot train. A current Chrome, Edge, Firefox or Safari can; on Linux, Chrome may need chrome://flags/#enable-unsafe-webgpu. The recorded run and the lens work here.';
  const adapter = await gpu.requestAdapter().catch(() => null);
  if (!adapter)
    return 'This browser has WebGPU, but no adapter for it: hardware acceleration may be off, or the driver on a blocklist (chrome://gpu says which). The recorded run and the lens work here.';
  return null;
}
