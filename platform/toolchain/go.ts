import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PlatformError } from '../errors.ts';
import { tryRun } from '../host/run.ts';

/** `1.26.8` → [1, 26, 8]; missing or non-numeric parts count as 0. */
function versionParts(version: string): number[] {
  return version.split('.').map((part) => Number.parseInt(part, 10) || 0);
}

/** True when `have` is `wanted` or newer. Pure. */
export function isAtLeast(have: string, wanted: string): boolean {
  const [a, b] = [versionParts(have), versionParts(wanted)];
  for (let i = 0; i < 3; i += 1) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/** The Go version that a module file asks for. Pure. */
export function requiredGo(goMod: string): string {
  return /^go\s+(\S+)/m.exec(goMod)?.[1] ?? '1.26';
}

/**
 * Checks that Go is there and new enough for the modules in these folders.
 * @throws PlatformError that names the version found, the one needed and the ways out.
 */
export async function checkGo(moduleDirectories: readonly string[], tools: readonly string[]): Promise<void> {
  const files = await Promise.all(moduleDirectories.map((folder) => readFile(join(folder, 'go.mod'), 'utf8')));
  const wanted = files.map(requiredGo).reduce((a, b) => (isAtLeast(a, b) ? a : b), '1.21');
  const answer = await tryRun('go', ['env', 'GOVERSION', 'GOTOOLCHAIN'], { env: { GOTOOLCHAIN: 'local' } });
  const found = answer.stdout.split('\n')[0]?.replace(/^go/, '') ?? '';
  const ways = `Install Go ${wanted} or newer (https://go.dev/dl), or name ready programs by STOWAGE_TOOL_<NAME>, or use another cluster (--context NAME).`;
  if (answer.exitCode !== 0 || !found) {
    throw new PlatformError(`Go is not installed, and these tools have to be built: ${tools.join(', ')}. ${ways}`);
  }
  if (!isAtLeast(found, wanted)) {
    throw new PlatformError(`Go ${found} is too old to build ${tools.join(', ')}: ${wanted} is needed. ${ways}`);
  }
}
