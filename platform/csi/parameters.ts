import { CsiCode, CsiError } from './status.ts';

/** What a StorageClass says about its volumes, resolved. */
export type VolumeParameters = {
  /** `limited`: an ext4 file system of exactly the claim's size; `directory`: a folder that shares the space of all. */
  readonly medium: 'directory' | 'limited';
  /** Every claim of a class with this name works on the same folder, in any namespace. */
  readonly shared?: string;
  /** Permission bits of a new volume's top folder. */
  readonly rootMode: number;
  /** Group of a new volume's top folder; with the setgid bit in `rootMode` everything in it belongs to that group. */
  readonly rootGroup: number;
};

const known = ['medium', 'shared', 'rootMode', 'rootGroup'];

/**
 * Reads a StorageClass's parameters. Pure.
 * @throws CsiError INVALID_ARGUMENT naming the parameter, its value and what is allowed.
 */
export function parseParameters(raw: Readonly<Record<string, string>>): VolumeParameters {
  // The provisioner adds its own facts about the claim under this prefix.
  const unknown = Object.keys(raw).find((key) => !known.includes(key) && !key.startsWith('csi.storage.k8s.io/'));
  if (unknown) throw refused(`parameter '${unknown}' is unknown: use ${known.join(', ')}`);
  const { medium = 'directory', shared, rootMode = '0777', rootGroup = '0' } = raw;
  if (medium !== 'directory' && medium !== 'limited') {
    throw refused(`parameter medium is '${medium}': use directory or limited`);
  }
  if (shared !== undefined && !/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(shared)) {
    throw refused(`parameter shared is '${shared}': use 1 to 63 of a-z, 0-9 and '-'`);
  }
  if (!/^[0-7]{3,4}$/.test(rootMode)) {
    throw refused(`parameter rootMode is '${rootMode}': use three or four octal digits, for example "0770"`);
  }
  if (!/^\d{1,9}$/.test(rootGroup)) throw refused(`parameter rootGroup is '${rootGroup}': use a group number`);
  return {
    medium,
    ...(shared !== undefined && { shared }),
    rootMode: Number.parseInt(rootMode, 8),
    rootGroup: Number(rootGroup),
  };
}

function refused(message: string): CsiError {
  return new CsiError(CsiCode.InvalidArgument, message);
}
