import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { publint } from 'publint';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as surface from '../src/index.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'entrain-package-'));
const home = join(scratch, 'node_modules', 'entrain');

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly exports: Readonly<Record<string, { readonly types: string; readonly default: string }>>;
  readonly bin: Readonly<Record<string, string>>;
  readonly files: readonly string[];
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

interface DenoConfig {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly tasks: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;
const deno = JSON.parse(readFileSync(join(root, 'deno.json'), 'utf8')) as DenoConfig;

/** Files that an entry reaches by static and dynamic imports, and the packages they name. */
function reachedFrom(path: string, reached = new Map<string, readonly string[]>()): ReadonlyMap<string, readonly string[]> {
  if (reached.has(path)) return reached;
  const named = ts.preProcessFile(readFileSync(join(root, path), 'utf8')).importedFiles.map(({ fileName }) => fileName);
  reached.set(
    path,
    named.filter((name) => !name.startsWith('.')),
  );
  for (const name of named) if (name.startsWith('.')) reachedFrom(join(dirname(path), name), reached);
  return reached;
}

function node(script: string): string {
  return execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: scratch, encoding: 'utf8', timeout: 60_000 });
}

// A folder as npm would unpack it, with the build in it, beside the dependencies.
beforeAll(() => {
  mkdirSync(home, { recursive: true });
  for (const name of ['package.json', 'README.md', 'LICENSE', 'shaders', 'models', 'examples'])
    if (existsSync(join(root, name))) cpSync(join(root, name), join(home, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(home, 'node_modules'));
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'node_modules/tsdown/dist/run.mjs'), '--out-dir', join(home, 'dist')], {
    cwd: root,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`build: expected it to end with 0, got ${status}: ${stdout}${stderr}`);
}, 120_000);

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('package.json and deno.json', () => {
  it('agree on version, licence, entries and tasks', () => {
    expect(deno.name.split('/').at(-1)).toBe(manifest.name);
    expect([deno.version, deno.license]).toEqual([manifest.version, manifest.license]);
    const entries = Object.entries(manifest.exports).map(([name, { default: path }]) => [name, path.replace('./dist/', './src/').replace(/\.js$/, '.ts')]);
    expect(deno.exports).toEqual(Object.fromEntries(entries));
    // Deno runs what people run and a smoke test; tools of the repository are npm's, Vite and with it the demo's page too: Vite asks for every permission.
    // No task is given everything.
    const files = (command: string): string => /(?:src|scripts)\/[\w/.-]+\.ts.*$/.exec(command)?.[0] ?? command;
    for (const name of ['entrain', 'verify', 'demo:record']) expect(files(deno.tasks[name]!), name).toBe(files(manifest.scripts[name]!));
    for (const verb of ['train', 'eval', 'sample', 'plan', 'doctor']) expect(deno.tasks[verb], verb).toBe(`deno task entrain ${verb}`);
    expect([deno.tasks['start'], manifest.scripts['start']]).toEqual(['deno task entrain train', `${manifest.scripts['entrain']!} train`]);
    expect(Object.keys(deno.tasks)).toContain('test');
    for (const command of Object.values(deno.tasks)) expect(command).not.toMatch(/ (-A|--allow-all|--allow-net|--allow-run|--allow-write)( |$)/);
  });

  it('name scripts that exist, and none that npm runs while installing', () => {
    const files = Object.values(manifest.scripts).flatMap((command) => /^tsx (\S+)/.exec(command)?.[1] ?? []);
    expect(files.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    expect(Object.keys(manifest.scripts).filter((name) => /^(pre|post)?(install|prepare|pack|publish)/.test(name))).toEqual([]);
  });

  it('pin every version, and import no package that is not a dependency', () => {
    const versions = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
    const packages = ['src/node.ts', 'src/cli/main.ts'].flatMap((entry) => [...reachedFrom(entry).values()].flat());
    const names = packages.filter((name) => !name.startsWith('node:')).map((name) => /^(@[^/]+\/)?[^/]+/.exec(name)![0]);
    expect([...new Set(names)].filter((name) => !(name in manifest.dependencies))).toEqual([]);
  });
});

describe('package-lock.json', () => {
  it('has every platform’s part of every package, without which npm ci refuses to install', () => {
    interface Locked {
      readonly version?: string;
      readonly optionalDependencies?: Readonly<Record<string, string>>;
    }
    const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { readonly packages: Readonly<Record<string, Locked>> };
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter((name) => !(`node_modules/${name}` in packages) && !(`${path}/node_modules/${name}` in packages)),
    );
    expect(missing).toEqual([]);
  });
});

describe('the entries for pages', () => {
  it.each(['src/index.ts', 'src/browser.ts', 'src/worker/run-worker.ts'])('%s reaches nothing of Node', (entry) => {
    const reached = [...reachedFrom(entry)];
    expect(reached.filter(([path]) => path.endsWith('-node.ts'))).toEqual([]);
    expect(reached.filter(([, packages]) => packages.some((name) => name.startsWith('node:') || name === 'webgpu'))).toEqual([]);
    expect(reached.length).toBeGreaterThan(50);
  });
});

describe('the packed library', () => {
  it('holds the build, the shaders, the models, the recipes and the licence, and nothing else', () => {
    const packed = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: home, encoding: 'utf8', shell: process.platform === 'win32' });
    const [{ files }] = JSON.parse(packed.stdout) as [{ readonly files: readonly { readonly path: string }[] }];
    const tops = new Set(files.map(({ path }) => path.split('/', 1).join()));
    expect([...tops].filter((top) => top !== 'README.md').toSorted()).toEqual(['LICENSE', 'dist', 'examples', 'models', 'package.json', 'shaders']);
    expect(files.filter(({ path }) => !/\.(js|d\.ts|wgsl|json|jinja|safetensors|md|yaml)$|^LICENSE$/.test(path))).toEqual([]);
  });

  it('passes publint', async () => {
    const { messages } = await publint({ pkgDir: home, strict: true, pack: false });
    expect(messages).toEqual([]);
  });

  it('is imported by its name in plain Node, with every public name', () => {
    const names = JSON.parse(node(`console.log(JSON.stringify(Object.keys(await import('entrain'))))`)) as string[];
    expect(names.toSorted()).toEqual(Object.keys(surface).toSorted());
  });

  it('computes, and opens a folder under its second name', () => {
    const script = `
      import { openDevice, ReferenceDevice, tensorOf } from 'entrain/node';
      const device = new ReferenceDevice();
      console.log(typeof openDevice, Array.from(await device.read(tensorOf(device, 'f32', [2], [1, 2], 'x'))).join());`;
    expect(node(script)).toBe('function 1,2\n');
  });

  it('brings the command', () => {
    expect(execFileSync(process.execPath, [join(home, manifest.bin['entrain']!), '--version'], { encoding: 'utf8' }).trim()).toBe(manifest.version);
  });

  it('has types that a strict program can use without ours', () => {
    const program = join(scratch, 'program.ts');
    const lines = [
      "import { type Algorithm, createAlgorithm, Random } from 'entrain';",
      "import { openDevice } from 'entrain/node';",
      'export const algorithm: Algorithm = createAlgorithm();',
      'export const both = [Random, openDevice] as const;',
    ];
    writeFileSync(program, lines.join('\n'));
    const options: ts.CompilerOptions = {
      strict: true,
      noEmit: true,
      module: ts.ModuleKind.NodeNext,
      target: ts.ScriptTarget.ES2023,
      skipLibCheck: false,
      skipDefaultLibCheck: true,
      types: [],
    };
    const diagnostics = ts.getPreEmitDiagnostics(ts.createProgram([program], options));
    const found = diagnostics.map(({ messageText, file }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`);
    expect(found).toEqual([]);
  });
});
