import { createHash } from 'node:crypto';
import type { VolumeParameters } from './parameters.ts';

/** The two kinds of things that this driver makes; also the first part of their folders. */
export type Kind = 'volumes' | 'snapshots';

const prefixes: Record<Kind, string> = { volumes: 'pvc', snapshots: 'snapshot' };

/**
 * The id of a thing by the name its caller chose. The sidecars' own names (`pvc-<uid>`, `snapshot-<uid>`) stay readable;
 * any other becomes a hash, so that no name can leave its folder or meet another's. Pure.
 */
export function idOf(kind: Kind, name: string): string {
  const readable = new RegExp(`^${prefixes[kind]}-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`);
  if (readable.test(name)) return name;
  return `${prefixes[kind]}-${createHash('sha256').update(name).digest('hex').slice(0, 32)}`;
}

/** True for an id that `idOf` can have made: only such a one may become part of a path. Pure. */
export function isId(kind: Kind, id: string): boolean {
  return new RegExp(`^${prefixes[kind]}-[0-9a-f-]{32,36}$`).test(id);
}

/** The backend's folder name of a volume's content: its own, or the one it shares. Pure. */
export function volumeFolder(id: string, parameters: Pick<VolumeParameters, 'shared'>): string {
  return parameters.shared === undefined ? `volumes/${id}` : `shared/${parameters.shared}`;
}

/** The backend's folder name of a snapshot's content. Pure. */
export function snapshotFolder(id: string): string {
  return `snapshots/${id}`;
}
