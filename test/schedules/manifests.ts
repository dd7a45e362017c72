import type { DeclaredSource } from '../../api/replication-source.ts';
import { readReplicationSource } from '../../api/replication-source.ts';

/** A ReplicationSource as the reference writes it; `change` replaces parts of the spec. */
export function manifest(change: { name?: string; spec?: object; kopia?: object; status?: object } = {}): object {
  return {
    apiVersion: 'volsync.backube/v1alpha1',
    kind: 'ReplicationSource',
    metadata: { name: change.name ?? 'app-src', namespace: 'demo' },
    spec: {
      sourcePVC: 'app-config',
      trigger: { schedule: '0 * * * *' },
      kopia: { copyMethod: 'Snapshot', repository: 'app-volsync-secret', ...change.kopia },
      ...change.spec,
    },
    ...(change.status && { status: change.status }),
  };
}

export function declared(change: Parameters<typeof manifest>[0] = {}): DeclaredSource {
  const reading = readReplicationSource(manifest(change));
  if (reading.kind !== 'Source') throw new Error(`not a source: ${JSON.stringify(reading)}`);
  return reading.source;
}
