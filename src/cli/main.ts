#!/usr/bin/env node
/** The command line's door: checks the version of Node before any other file is loaded. */

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`entrain: expected Node 20.19 or later, got ${process.versions.node}. Install a current Node from https://nodejs.org.\n`);
  process.exitCode = 2;
} else {
  try {
    const [{ run }, { tellingStall }] = await Promise.all([import('./program.ts'), import('./stall.ts')]);
    const say = (text: string): void => void process.stderr.write(text);
    process.exitCode = await tellingStall(process, say, () => run(process.argv.slice(2)));
  } catch (error) {
    // A permission can be missing before there is a command to report it.
    const { refusedPermission } = await import('./refused-permission.ts');
    const refused = refusedPermission(error);
    if (refused === undefined) throw error;
    process.stderr.write(`${refused}\n`);
    process.exitCode = 1;
  }
}
