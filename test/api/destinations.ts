import { type DeclaredDestination, readReplicationDestination } from '../../api/replication-destination.ts';

export interface DestinationChange {
  readonly name?: string;
  readonly namespace?: string;
  readonly spec?: object;
  readonly kopia?: object;
}

/** A ReplicationDestination as the reference writes it; `change` replaces parts of it. */
export function destinationManifest(change: DestinationChange = {}): object {
  return {
    apiVersion: 'volsync.backube/v1alpha1',
    kind: 'ReplicationDestination',
    metadata: { name: change.name ?? 'app-dst', namespace: change.namespace ?? 'demo' },
    spec: {
      trigger: { manual: 'restore-once' },
      kopia: {
        copyMethod: 'Direct',
        destinationPVC: 'app-config',
        repository: 'app-volsync-secret',
        ...change.kopia,
      },
      ...change.spec,
    },
  };
}

export function declaredDestination(change: DestinationChange = {}): DeclaredDestination {
  const reading = readReplicationDestination(destinationManifest(change));
  if (reading.kind !== 'Destination') throw new Error(`not a destination: ${JSON.stringify(reading)}`);
  return reading.destination;
}
