/** Writes src/gpu/shaders.generated.ts from the files under shaders/, so that every runtime imports the same text. */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = new URL('../', import.meta.url).pathname;

/** The module's text, made from the files as they stand. */
export function shadersModule(): string {
  const files = readdirSync(join(root, 'shaders'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.wgsl'))
    .map((name) => name.replaceAll('\\', '/'))
    .sort();
  const entries = files.map((name) => {
    const text = bareText(readFileSync(join(root, 'shaders', name), 'utf8'));
    return `  ${JSON.stringify(name)}: ${JSON.stringify(text)},\n`;
  });
  return `// Made by \`npm run shaders\` from the files under shaders/. Do not edit.\n\nexport const shaders: Readonly<Record<string, string>> = {\n${entries.join('')}};\n`;
}

/** Comments and indentation are half of a shader, and a page downloads what is embedded; comments that `shader.ts` obeys stay. */
function bareText(text: string): string {
  const bare = text.replace(/(?<!^)\/\/(?! unroll)[^\n]*$/gm, '').replace(/^\/\/(?! use )[^\n]*\n/gm, '');
  return bare
    .replace(/^[ \t]+|[ \t]+$/gm, '')
    .replace(/\n{2,}/g, '\n')
    .trimStart();
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  writeFileSync(join(root, 'src/gpu/shaders.generated.ts'), shadersModule());
}
