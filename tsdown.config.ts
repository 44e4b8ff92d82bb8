import { defineConfig } from 'tsdown';

/** The library and the command, file by file: a bundler of the user's takes only what is imported, and paths to the package's folder stay as in src/. */
export default defineConfig({
  entry: ['src/index.ts', 'src/node.ts', 'src/browser.ts', 'src/worker/run-worker.ts', 'src/cli/main.ts'],
  outDir: 'dist',
  format: 'esm',
  platform: 'neutral',
  target: 'es2023',
  dts: true,
  unbundle: true,
  fixedExtension: false,
  deps: { neverBundle: [/^[^./]/] },
});
