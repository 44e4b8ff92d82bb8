/** Reads the header block of a shader: the comment before its first line of code. */

export interface HeaderBinding {
  readonly index: number;
  readonly name: string;
  readonly access: string;
  /** Absent for the uniform. */
  readonly type: string | undefined;
}

export interface ShaderHeader {
  /** Before the colon of the first line. */
  readonly name: string;
  readonly sentence: string;
  /** Lines of the sections, by their first word and in their order. */
  readonly sections: ReadonlyMap<string, readonly string[]>;
  readonly bindings: readonly HeaderBinding[];
}

export function readHeader(source: string): ShaderHeader {
  const lines = source.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('//'));
  const block = lines.slice(0, end).map((line) => line.replace(/^\/\/ ?/, ''));
  const [, name = '', sentence = ''] = /^([\w-]+): (.+)$/.exec(block[0] ?? '') ?? [];
  const sections = new Map<string, string[]>();
  let current: string[] | undefined;
  for (const line of block.slice(1)) {
    const opening = /^([A-Z]\w+) {2,}(\S.*)$/.exec(line);
    if (opening) sections.set(opening[1]!, (current = [opening[2]!]));
    else if (/^ {4,}\S/.test(line)) current?.push(line.trim());
    else current = undefined;
  }
  const bindings = (sections.get('Bindings') ?? []).map((line) => {
    const [, index, binding, access, type] = /^(\d+) (\w+) +(\w+)(?: +([uif]32))?(?: |$)/.exec(line) ?? [];
    return { index: Number(index), name: binding ?? '', access: access ?? '', type };
  });
  return { name, sentence, sections, bindings };
}

export interface Declaration {
  readonly index: number;
  readonly name: string;
  /** `storage, read`, `storage, read_write` or `uniform`. */
  readonly space: string;
  /** The element of the array, whatever its vector width; the struct's name for the uniform. */
  readonly type: string;
}

/** The `@group(0) @binding(…)` declarations of a shader, in their order. */
export function declarationsOf(source: string): readonly Declaration[] {
  const pattern = /^@group\(0\) @binding\((\d+)\) var<([^>]+)> (\w+): (?:array<(?:vec[234]?<?)?([uif])(?:32)?[^;]*|(\w+));/gm;
  return [...source.matchAll(pattern)].map(([, index, space, name, element, struct]) => ({
    index: Number(index),
    name: name!,
    space: space!,
    type: element ? `${element}32` : struct!,
  }));
}
