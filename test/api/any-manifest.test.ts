import fc from 'fast-check';
import { expect, it } from 'vitest';
import { resolveBackup } from '../../api/backup-request.ts';
import { DestinationKopia, DestinationSpec } from '../../api/crds/destination-spec.ts';
import { partFields } from '../../api/crds/known-fields.ts';
import { SourceKopia, SourceSpec } from '../../api/crds/source-spec.ts';
import { DeclaredKind } from '../../api/declared-object.ts';
import { readReplicationDestination } from '../../api/replication-destination.ts';
import { readReplicationSource } from '../../api/replication-source.ts';
import { resolveRestore } from '../../api/restore-request.ts';

const names = [...Object.keys(SourceKopia.shape), ...Object.keys(DestinationKopia.shape), 'sourceName', 'constructor'];
/** Names that every object has by itself. */
const inherited = ['valueOf', 'constructor', '__proto__', 'toString'];
const leaf = fc.oneof(
  fc.constantFrom(...inherited).map((name) => JSON.parse(`{"${name}": {"${name}": 1}}`) as unknown),
  fc.constantFrom('', null, 'app', '10Gi', 'Snapshot', '/data', '1000', 0, 1, -1, true, '-x'),
  fc.jsonValue({ maxDepth: 2 }),
);
const kopia = fc.dictionary(fc.constantFrom(...names), leaf, { maxKeys: 12 });
const spec = fc.record({
  sourcePVC: leaf,
  trigger: fc.oneof(leaf, fc.record({ schedule: leaf, manual: leaf })),
  paused: leaf,
  kopia: fc.oneof(kopia, leaf),
});

const manifestOf = (kind: string, specification: unknown): object => ({
  apiVersion: 'volsync.backube/v1alpha1',
  kind,
  metadata: { name: 'app', namespace: 'demo' },
  spec: specification,
});

it('whatever stands in a manifest, reading it never throws, and what is read is a request that a run accepts', () => {
  fc.assert(
    fc.property(spec, (any) => {
      const source = readReplicationSource(manifestOf(DeclaredKind.source, any));
      if (source.kind === 'Source') resolveBackup(source.source.request);
      if (source.kind === 'Invalid') expect(source.problems.length).toBeGreaterThan(0);
      const destination = readReplicationDestination(manifestOf(DeclaredKind.destination, any));
      if (destination.kind === 'Destination')
        resolveRestore({ ...destination.destination.template, claim: destination.destination.claim ?? 'app' });
      if (destination.kind === 'Invalid') expect(destination.problems.length).toBeGreaterThan(0);
    }),
    { numRuns: 400 },
  );
});

it('no field that is set is dropped in silence: it is known, or it is named', () => {
  fc.assert(
    fc.property(kopia, fc.constantFrom(SourceSpec, DestinationSpec), (fields, schema) => {
      const { known, unsupported } = partFields(schema, { kopia: fields }, 'spec');
      const kept = Object.keys((known as { kopia: object }).kopia);
      const named = unsupported.map(({ field }) => field.split('.')[2]);
      const set = Object.keys(fields).filter((name) => fields[name] !== '' && fields[name] !== null);
      expect(set.filter((name) => !kept.includes(name) && !named.includes(name))).toEqual([]);
    }),
  );
});

it.each([
  ['ReplicationSource', SourceKopia],
  ['ReplicationDestination', DestinationKopia],
])('every honoured field of a %s reaches its reading', (kind, schema) => {
  /** A value that the field takes and that differs from what is read without it. */
  const values: Readonly<Record<string, unknown>> = {
    copyMethod: 'Direct',
    retain: { daily: 3 },
    parallelism: 3,
    accessModes: ['ReadWriteMany'],
    cacheAccessModes: ['ReadWriteMany'],
    sourcePathOverride: '/config',
    metadataCacheSizeLimitMB: 5,
    contentCacheSizeLimitMB: 5,
    moverSecurityContext: { runAsUser: 5 },
    moverPodLabels: { a: 'b' },
    moverResources: { limits: { cpu: '1' } },
    moverAffinity: { nodeAffinity: {} },
    moverVolumes: [{ mountPath: 'x', volumeSource: { persistentVolumeClaim: { claimName: 'x' } } }],
    cleanupTempPVC: true,
    cleanupCachePVC: true,
    restoreAsOf: '2026-11-23T12:00:00Z',
    previous: 1,
    sourceIdentity: { sourceName: 'other' },
    capacity: '7Gi',
    cacheCapacity: '7Gi',
  };
  /** Honoured by how every restore works. */
  const always = ['enableFileDeletion'];
  const plain = { copyMethod: 'Snapshot', repository: 'secret' };
  const read = (fields: object): string => {
    const manifest = manifestOf(kind, { sourcePVC: 'app', kopia: { ...plain, ...fields } });
    const reading =
      kind === 'ReplicationSource' ? readReplicationSource(manifest) : readReplicationDestination(manifest);
    expect(reading.kind).not.toBe('Invalid');
    return JSON.stringify(reading);
  };
  const silent = Object.keys(schema.shape).filter((name) => {
    // One half of an identity alone is refused.
    const half = kind === 'ReplicationDestination' && ['username', 'hostname'].includes(name);
    const base = half ? { username: 'x', hostname: 'x' } : {};
    return !always.includes(name) && read({ ...base, [name]: values[name] ?? 'value' }) === read(base);
  });
  expect(silent).toEqual([]);
});
