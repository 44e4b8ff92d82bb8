/** What a run happens in, for env.json: versions and machine. Never the values of environment variables. */

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { arch, availableParallelism, platform, release, totalmem } from 'node:os';
import { promisify } from 'node:util';

/** The version in package.json. */
export function ownVersion(): string {
  const file: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return typeof file === 'object' && file !== null && 'version' in file ? String(file.version) : 'unknown';
}

export async function environmentInfo(): Promise<Record<string, unknown>> {
  return {
    version: ownVersion(),
    started: new Date().toISOString(),
    node: process.versions.node,
    platform: `${platform()} ${release()} ${arch()}`,
    processors: availableParallelism(),
    memory_bytes: totalmem(),
    git_sha: await gitRevision(),
  };
}

/** The revision of the folder the command was started in, null outside a repository. */
async function gitRevision(): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)('git', ['rev-parse', 'HEAD'], { timeout: 2000 });
    return stdout.trim();
  } catch {
    return null;
  }
}
