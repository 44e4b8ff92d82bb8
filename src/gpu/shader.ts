/**
 * From a shader file to the text a device compiles: includes resolved, constants put in front, marked loops unrolled.
 *
 * Files stay plain WGSL; their `enable` lines move to the top, before the constants. A line `// use lib/grid.wgsl` includes another file once. A loop written
 * `for (var i = 0u; i < NAME; i++) {  // unroll` is expanded when NAME is a constant: SwiftShader runs a register
 * tile that is indexed by a loop variable ten times slower than one indexed by literals. `// unroll up to 32` leaves
 * longer loops alone: lavapipe takes 45 seconds to compile attention over 64 dimensions unrolled.
 */

import { KernelError } from '../base/errors.ts';
import { shaders } from './shaders.generated.ts';

const ENABLE = /^enable [^\n]*;[^\n]*\n/gm;
const USE = /^\/\/ use (\S+)[^\n]*$/gm;
const CONSTANT = /^const (\w+)(?:\s*:\s*u32)?\s*=\s*(\d+)u?\s*;/gm;
const UNROLL = /^([ \t]*)for \(var (\w+) = 0u; \2 < (\w+); \2\+\+\) \{\s*\/\/ unroll(?: up to (\d+))?[^\n]*\n/m;

/** The text of a file under `shaders/`. */
export function shaderSource(path: string): string {
  const text = shaders[path];
  if (text === undefined) throw new KernelError(`shader: expected a file shaders/${path}, got none. Run \`npm run shaders\`.`);
  return text;
}

/**
 * The whole program of one kernel.
 *
 * @throws KernelError if an include is missing or a loop marked `unroll` has no constant bound
 */
export function assembleShader(path: string, constants: Readonly<Record<string, number>> = {}, read: (path: string) => string = shaderSource): string {
  const file = include(path, new Set(), read);
  const prelude = [...(file.match(ENABLE) ?? []), ...Object.entries(constants).map(([name, value]) => `const ${name}: u32 = ${value}u;\n`)];
  const text = prelude.join('') + file.replace(ENABLE, '');
  const known = new Map<string, number>();
  for (const [, name, value] of text.matchAll(CONSTANT)) known.set(name!, Number(value));
  return unroll(text, known, path);
}

function include(path: string, seen: Set<string>, read: (path: string) => string): string {
  seen.add(path);
  return read(path).replace(USE, (_, used: string) => (seen.has(used) ? '' : include(used, seen, read)));
}

function unroll(text: string, known: ReadonlyMap<string, number>, path: string): string {
  let rest = text;
  for (;;) {
    const loop = UNROLL.exec(rest);
    if (!loop) return rest;
    const [head, indent, variable, bound, limit] = loop;
    const count = known.get(bound!) ?? Number(/^\d+u$/.test(bound!) ? bound!.slice(0, -1) : Number.NaN);
    if (Number.isNaN(count)) throw new KernelError(`shader ${path}: expected a constant bound to unroll, got ${bound}.`);
    if (limit !== undefined && count > Number(limit)) {
      rest = rest.replace(head, `${indent}for (var ${variable} = 0u; ${variable} < ${bound}; ${variable}++) {\n`);
      continue;
    }
    const start = loop.index + head.length;
    const end = closingBrace(rest, start, path);
    const body = rest.slice(start, end);
    const name = new RegExp(`\\b${variable}\\b`, 'g');
    let copies = '';
    for (let i = 0; i < count; i++) copies += `{\n${body.replace(name, `${i}u`)}}\n`;
    rest = rest.slice(0, loop.index) + copies + rest.slice(end + 1);
  }
}

function closingBrace(text: string, start: number, path: string): number {
  let depth = 1;
  for (let i = start; i < text.length; i++) {
    if (text[i] === '{') depth++;
    else if (text[i] === '}' && --depth === 0) return i;
  }
  throw new KernelError(`shader ${path}: expected a closing brace for a loop to unroll, got the end of the file.`);
}

/** A field of the uniform struct, at 4 bytes each in declaration order. */
export interface ParamField {
  readonly name: string;
  readonly type: 'u32' | 'i32' | 'f32';
}

/** Reads the fields of `struct Params { … }`: the shader is the source of the layout. */
export function paramFields(source: string, path: string): readonly ParamField[] {
  const body = /struct Params\s*\{([^}]*)\}/.exec(source)?.[1];
  if (body === undefined) throw new KernelError(`shader ${path}: expected a struct Params, got none.`);
  return body
    .replace(/\/\/[^\n]*/g, '')
    .split(',')
    .map((line) => line.trim())
    .filter((line) => line.length > 0)
    .map((line) => {
      const field = /^(\w+)\s*:\s*(u32|i32|f32)$/.exec(line);
      if (!field) throw new KernelError(`shader ${path}: expected Params of u32, i32 and f32 fields, got "${line}".`);
      return { name: field[1]!, type: field[2] as ParamField['type'] };
    });
}
