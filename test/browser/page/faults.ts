/** Breaks what a run stands on, as browsers do when they refuse it. */

const FAULTS: Readonly<Record<string, () => void>> = {
  'no WebGPU': () => define(navigator, 'gpu', undefined),
  'no adapter': () => define(navigator, 'gpu', { requestAdapter: () => Promise.resolve(null) }),
  'low limit': () => lowerLimit('maxStorageBuffersPerShaderStage', 4),
  'device lost': () => loseDevice(3000),
  'storage denied': () => define(navigator.storage, 'getDirectory', () => Promise.reject(new DOMException('Storage is disabled', 'SecurityError'))),
  'storage full': () => fillStorage('step_2'),
  'little storage': () => define(navigator.storage, 'estimate', () => Promise.resolve({ quota: 1_000_000, usage: 999_000 })),
  'crash in a save': () => crashBefore('step_2', 'manifest.json'),
  'crash in a rename': () => crashInMove('manifest.json'),
};

export function breakThings(fault: string): void {
  FAULTS[fault]!();
}

function define(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, configurable: true });
}

function lowerLimit(limit: string, value: number): void {
  const request = navigator.gpu.requestAdapter.bind(navigator.gpu);
  define(navigator.gpu, 'requestAdapter', async (options?: object) => {
    const adapter = await request(options);
    if (adapter)
      define(adapter, 'limits', new Proxy(adapter.limits, { get: (limits, name) => (name === limit ? value : Reflect.get(limits, name)) as unknown }));
    return adapter;
  });
}

/** The device goes away some milliseconds after it was opened. */
function loseDevice(afterMs: number): void {
  const request = navigator.gpu.requestAdapter.bind(navigator.gpu);
  define(navigator.gpu, 'requestAdapter', async (options?: object) => {
    const adapter = await request(options);
    const open = adapter?.requestDevice.bind(adapter);
    if (adapter && open) {
      define(adapter, 'requestDevice', async (wanted?: object) => {
        const device = await open(wanted);
        setTimeout(() => device.destroy(), afterMs);
        return device;
      });
    }
    return adapter;
  });
}

/** Writing anything below a folder whose name holds `part` finds the storage full. */
function fillStorage(part: string): void {
  onFolder(part, () => {
    throw new DOMException('The storage is full', 'QuotaExceededError');
  });
}

/** The tab is gone when a file of a folder is about to be written. */
function crashBefore(part: string, file: string): void {
  onFolder(part, (name) => {
    if (name === file) self.close();
  });
}

function crashInMove(file: string): void {
  const { move } = FileSystemFileHandle.prototype as { move?: (...values: unknown[]) => Promise<void> };
  define(FileSystemFileHandle.prototype, 'move', function (this: FileSystemFileHandle, ...values: unknown[]) {
    if (this.name !== file) return move!.apply(this, values);
    self.close();
    return new Promise(() => {});
  });
}

function onFolder(part: string, act: (file: string) => void): void {
  const { getFileHandle } = FileSystemDirectoryHandle.prototype;
  define(FileSystemDirectoryHandle.prototype, 'getFileHandle', function (this: FileSystemDirectoryHandle, name: string, options?: { create?: boolean }) {
    if (options?.create && this.name.includes(part)) {
      try {
        act(name);
      } catch (error) {
        return Promise.reject(error);
      }
    }
    return getFileHandle.call(this, name, options);
  });
}
