import { describe, expect, it } from 'vitest';
import { commandName } from '../../src/cli/command-name.ts';

describe('commandName', () => {
  it.each([
    ['/home/me/entrain/src/cli/main.ts', { node: '20.20.2' }, 'npm run entrain --'],
    ['/home/me/entrain/src/cli/main.ts', { node: '20.20.2', deno: '2.9.6' }, 'deno task entrain'],
    ['/home/me/project/node_modules/.bin/entrain', { node: '20.20.2' }, 'npx entrain'],
    ['/home/me/.deno/bin/entrain', { node: '20.20.2', deno: '2.9.6' }, 'entrain'],
  ])('%s under %o is told as %s', (script, versions, told) => {
    expect(commandName(script, versions)).toBe(told);
  });
});
