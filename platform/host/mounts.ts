import { readFileSync } from 'node:fs';
import { tryRun } from './run.ts';

/** A mount as `/proc/self/mountinfo` lists it. */
export type Mount = { readonly target: string; readonly type: string; readonly source: string; readonly root: string };

/** Mounts in the order in which they were made. Pure. */
export function parseMounts(mountinfo: string): Mount[] {
  return mountinfo.split('\n').flatMap((line) => {
    const [left, right] = line.split(' - ');
    const fields = left?.split(' ') ?? [];
    const [type, source] = right?.split(' ') ?? [];
    if (!fields[4] || !type) return [];
    return [{ target: unescapeOctal(fields[4]), type, source: source ?? '', root: fields[3] ?? '' }];
  });
}

/** The kernel writes space, tab, newline and backslash as octal. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8)));
}

/** All mounts of this mount namespace. */
export function listMounts(): Mount[] {
  return parseMounts(readFileSync('/proc/self/mountinfo', 'utf8'));
}

/** True when `path` is `folder` or lies below it. Pure. */
export function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

/** Unmounts everything that `mine` accepts, deepest and latest first; lazily where a mount is busy. */
export async function unmountAll(mine: (mount: Mount) => boolean): Promise<void> {
  const targets = listMounts()
    .filter(mine)
    .map((mount) => mount.target)
    .reverse();
  targets.sort((a, b) => b.split('/').length - a.split('/').length);
  for (const target of targets) {
    const done = await tryRun('umount', [target]);
    if (done.exitCode !== 0) await tryRun('umount', ['--lazy', target]);
  }
}

/** Loop devices whose backing file lies below `folder`. */
export async function loopDevicesBelow(folder: string): Promise<string[]> {
  const answer = await tryRun('losetup', ['--json', '--list', '--output', 'NAME,BACK-FILE']);
  if (answer.exitCode !== 0 || !answer.stdout.trim()) return [];
  const { loopdevices = [] } = JSON.parse(answer.stdout) as {
    loopdevices?: { name: string; 'back-file': string | null }[];
  };
  return loopdevices.flatMap((device) => {
    // A removed backing file is listed with " (deleted)" behind its name.
    const file = (device['back-file'] ?? '').replace(/ \(deleted\)$/, '');
    return isBelow(file, folder) ? [device.name] : [];
  });
}
