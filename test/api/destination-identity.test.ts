import { describe, expect, it } from 'vitest';
import { resolveDestination } from '../../api/destination-identity.ts';
import { type DeclaredSource, readReplicationSource } from '../../api/replication-source.ts';
import { type DestinationChange, declaredDestination } from './destinations.ts';

interface SourceChange {
  readonly name: string;
  readonly namespace?: string;
  readonly claim: string;
  readonly kopia?: object;
}

function source({ name, namespace = 'media', claim, kopia }: SourceChange): DeclaredSource {
  const reading = readReplicationSource({
    apiVersion: 'volsync.backube/v1alpha1',
    kind: 'ReplicationSource',
    metadata: { name, namespace },
    spec: {
      sourcePVC: claim,
      trigger: { schedule: '0 * * * *' },
      kopia: { copyMethod: 'Snapshot', repository: `${claim}-secret`, ...kopia },
    },
  });
  if (reading.kind !== 'Source') throw new Error(JSON.stringify(reading));
  return reading.source;
}

const destination = (change: DestinationChange) => declaredDestination({ namespace: 'media', ...change });

/** One line: the rule, the identity and what follows from the source. */
function resolved(change: DestinationChange, claim: string | undefined, sources: readonly DeclaredSource[]): string {
  const found = resolveDestination(destination(change), claim, sources);
  const { username, hostname, path } = found.identity;
  const first = found.firstDeploymentAllowed ? 'first deployment' : 'never seen is an error';
  return `${found.rule} ${username}@${hostname}:${path}, source ${found.source ?? 'none'}, ${first}`;
}

describe("a destination's identity", () => {
  it('is that of the source which backs its claim up: the reference declares no sourceIdentity', () => {
    const emby = source({ name: 'emby-src', claim: 'emby-config' });
    const change = { name: 'emby-dst', kopia: { destinationPVC: 'emby-config' } };
    expect(resolved(change, 'emby-config', [emby])).toBe(
      'SourceOfClaim emby-src@media:/data, source emby-src, first deployment',
    );
  });

  it.each([
    ['onedr0p', 'app', 'app', { sourceName: 'app' }, 'app@media:/data, source app'],
    [
      'sulibot',
      'app-src',
      'app-config',
      { sourceName: 'app-src', sourceNamespace: 'media' },
      'app-src@media:/data, source app-src',
    ],
  ])(
    'follows sourceIdentity in the shape of %s, with and without the source',
    (_, name, claim, sourceIdentity, line) => {
      const change = { name: 'app-dst', kopia: { destinationPVC: undefined, sourceIdentity } };
      expect(resolved(change, claim, [source({ name, claim })])).toBe(`SourceIdentity ${line}, first deployment`);
      const alone = line.replace(/source .*/, 'source none');
      expect(resolved(change, claim, [])).toBe(`SourceIdentity ${alone}, never seen is an error`);
    },
  );

  it("is the named source's real one, whose overrides VolSync does not follow", () => {
    const overridden = source({
      name: 'app',
      claim: 'app',
      kopia: { username: 'plex', hostname: 'old-cluster', sourcePathOverride: '/config' },
    });
    const kopia = { sourceIdentity: { sourceName: 'app' } };
    expect(resolved({ kopia }, 'app', [overridden])).toBe(
      'SourceIdentity plex@old-cluster:/config, source app, first deployment',
    );
    const other = { sourceIdentity: { sourceName: 'app', sourcePathOverride: '/elsewhere' } };
    expect(resolved({ kopia: other }, 'app', [overridden])).toBe(
      'SourceIdentity plex@old-cluster:/elsewhere, source app, never seen is an error',
    );
  });

  it("takes a source of another namespace for the identity, but the claim's own source as the one not to overlap with", () => {
    const sources = [
      source({ name: 'app', namespace: 'production', claim: 'app' }),
      source({ name: 'own', namespace: 'media', claim: 'app-config' }),
    ];
    const kopia = { sourceIdentity: { sourceName: 'app', sourceNamespace: 'production' } };
    expect(resolved({ kopia }, 'app-config', sources)).toBe(
      'SourceIdentity app@production:/data, source own, first deployment',
    );
  });

  it('is what username and hostname say, with the path of the source that has these names', () => {
    const kopia = { username: 'plex', hostname: 'old' };
    expect(resolved({ kopia }, 'app-config', [source({ name: 'x', claim: 'app-config' })])).toBe(
      'Explicit plex@old:/data, source x, never seen is an error',
    );
    const same = source({ name: 'plex', claim: 'plex', kopia: { hostname: 'old', sourcePathOverride: '/config' } });
    expect(resolved({ kopia }, 'app-config', [same])).toBe('Explicit plex@old:/config, source plex, first deployment');
    const two = [same, source({ name: 'plex', claim: 'y', kopia: { hostname: 'old', sourcePathOverride: '/other' } })];
    expect(resolved({ kopia }, 'app-config', two)).toBe('Explicit plex@old:/data, source none, never seen is an error');
  });

  it("is VolSync's own-name fallback where nothing else is said, and never a first deployment by itself", () => {
    const change = { name: 'app-dst' };
    expect(resolved(change, 'app-config', [])).toBe('OwnName app-dst@media:/data, source none, never seen is an error');
    expect(resolved(change, undefined, [source({ name: 'app', claim: 'app' })])).toBe(
      'OwnName app-dst@media:/data, source none, never seen is an error',
    );
    expect(resolved({ name: 'app' }, undefined, [source({ name: 'app', claim: 'app' })])).toBe(
      'OwnName app@media:/data, source app, first deployment',
    );
  });

  it('chooses among several sources of one claim the one with its Secret, else the first by name', () => {
    const sources = [
      source({ name: 'app-r2', claim: 'app', kopia: { repository: 'r2' } }),
      source({ name: 'app-b2', claim: 'app', kopia: { repository: 'b2' } }),
    ];
    for (const order of [sources, [...sources].reverse()]) {
      expect(resolved({ kopia: { repository: 'r2' } }, 'app', order)).toContain('app-r2@media:/data');
      expect(resolved({ kopia: { repository: undefined } }, 'app', order)).toContain('app-b2@media:/data');
    }
  });
});

describe("a destination's repository", () => {
  const volume = (claimName: string) => ({
    moverVolumes: [{ mountPath: 'repository', volumeSource: { persistentVolumeClaim: { claimName } } }],
  });
  const app = source({ name: 'app', claim: 'app', kopia: { repository: 'secret', ...volume('backups') } });
  const place = (kopia: object, from: DeclaredSource = app): object => {
    const change = { kopia: { repository: undefined, sourceIdentity: { sourceName: 'app' }, ...kopia } };
    const { secretName, repositoryClaim, repositoryPath, repositoryNfs } = resolveDestination(
      destination(change),
      'app',
      [from],
    );
    return { secretName, repositoryClaim, repositoryPath, repositoryNfs };
  };

  it('is that of its source where it says none', () => {
    expect(place({})).toEqual({ secretName: 'secret', repositoryClaim: 'backups' });
    expect(place({ repository: 'secret' })).toEqual({ secretName: 'secret', repositoryClaim: 'backups' });
    const legacy = source({ name: 'app', claim: 'app', kopia: { repository: 'secret', repositoryPVC: 'kopia' } });
    expect(place({}, legacy)).toEqual({ secretName: 'secret', repositoryClaim: 'kopia' });
  });

  it('is the NFS folder of its source, unless it has a volume of its own', () => {
    const folder = { server: 'nas', path: '/backups' };
    const onNfs = { moverVolumes: [{ mountPath: 'repository', volumeSource: { nfs: folder } }] };
    const nfsSource = source({ name: 'app', claim: 'app', kopia: { repository: 'secret', ...onNfs } });
    expect(place({}, nfsSource)).toEqual({ secretName: 'secret', repositoryNfs: folder });
    expect(place(volume('mine'), nfsSource)).toEqual({ secretName: 'secret' });
    expect(place(onNfs)).toEqual({ secretName: 'secret' });
  });

  it("is its own where it says one, and another Secret's repository never comes with the source's volume", () => {
    expect(place({ repository: 'other' })).toEqual({ secretName: 'other' });
    expect(place(volume('mine'))).toEqual({ secretName: 'secret' });
  });
});
