import { type DeclaredKind, FieldManager, type WatchStatus } from '../../api/declared-object.ts';
import type { Cluster, DeclaredObject } from '../ports/cluster.ts';
import { sameStatus } from './condition.ts';

/** Writes the watch's part of a status where it differs. Returns whether it wrote. Throws PortError of the cluster. */
export async function writeStatus(
  cluster: Pick<Cluster, 'applyStatus'>,
  kind: DeclaredKind,
  object: DeclaredObject,
  wanted: WatchStatus,
): Promise<boolean> {
  if (sameStatus(wanted, object.status)) return false;
  const { namespace = '', name = '' } = object.metadata ?? {};
  await cluster.applyStatus(kind, { namespace, name }, wanted, FieldManager.watch);
  return true;
}
