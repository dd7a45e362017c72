import { describe, expect, it } from 'vitest';
import { identityOfSource, resolveDestination } from '../../api/destination-identity.ts';
import { formatIdentity } from '../../api/identity.ts';
import { readReplicationDestination } from '../../api/replication-destination.ts';
import { type DeclaredSource, readReplicationSource } from '../../api/replication-source.ts';
import { type Manifest, publicManifests } from './fixtures.ts';

const files = publicManifests('fields-test');

const sourcesOf = (manifests: readonly Manifest[]): DeclaredSource[] =>
  manifests.flatMap((manifest) => {
    const reading = readReplicationSource(manifest);
    return reading.kind === 'Source' ? [reading.source] : [];
  });

/** What each object comes to, one line each: identity, repository, and what is named. */
function summary(manifests: readonly Manifest[]): string[] {
  const sources = sourcesOf(manifests);
  return manifests.map((manifest) => {
    const { name } = manifest.metadata;
    const named = (fields: readonly { field: string }[]): string =>
      fields.length === 0 ? '' : `, without ${fields.map(({ field }) => field.replace('spec.kopia.', '')).join(' ')}`;
    const source = readReplicationSource(manifest);
    if (source.kind === 'Source') {
      const { request, unsupported } = source.source;
      const where =
        request.repositoryNfs?.path ?? `${request.repositoryClaim ?? 'kopia'}${request.repositoryPath ?? ''}`;
      return `${name}: ${formatIdentity(identityOfSource(source.source))} in ${where} by ${request.secretName}${named(unsupported)}`;
    }
    const reading = readReplicationDestination(manifest);
    if (reading.kind === 'Destination') {
      const { destination } = reading;
      const found = resolveDestination(destination, destination.claim ?? 'some-claim', sources);
      const { repositoryNfs, repositoryClaim } = { ...found, ...destination.template };
      const secret = destination.template.secretName ?? found.secretName;
      return `${name}: ${found.rule} ${formatIdentity(found.identity)} in ${repositoryNfs?.path ?? repositoryClaim ?? 'kopia'} by ${secret}${named(destination.unsupported)}`;
    }
    if (reading.kind === 'Invalid' || source.kind === 'Invalid') return `${name}: ${JSON.stringify([reading, source])}`;
    return `${name}: ${source.reason}`;
  });
}

describe('manifests in the shapes of public repositories', () => {
  const expected: Readonly<Record<string, readonly string[]>> = {
    'reference-emby.yaml': [
      'emby-src: emby-src@fields-test:/data in kopia by emby-volsync-secret',
      'emby-dst: SourceOfClaim emby-src@fields-test:/data in kopia by emby-volsync-secret',
    ],
    'nfs-repository.yaml': [
      'radarr: radarr@fields-test:/data in /mnt/eros/VolsyncKopia by radarr-volsync-secret',
      'radarr-dst: SourceIdentity radarr@fields-test:/data in /mnt/eros/VolsyncKopia by radarr-volsync-secret',
    ],
    'claim-repository-quoted-ids.yaml': [
      'sonarr-src: sonarr-src@fields-test:/data in kopia by sonarr-volsync-secret',
      'sonarr-dst: SourceIdentity sonarr-src@fields-test:/data in kopia by sonarr-volsync-secret',
    ],
    'several-repositories.yaml': [
      'paperless-b2: paperless-b2@fields-test:/data in kopia by paperless-b2-secret',
      'paperless-r2: paperless-r2@fields-test:/data in kopia by paperless-r2-secret',
      'paperless-restic: its mover is restic',
      'paperless-r2-dst: SourceIdentity paperless-r2@fields-test:/data in kopia by paperless-r2-secret',
    ],
    'database-clone.yaml': [
      'postgres: pg@home.lan:/var/lib/postgresql in kopia by kopia-shared, without actions additionalArgs',
      'postgres-manual: Explicit pg@home.lan:/var/lib/postgresql in kopia by kopia-shared',
    ],
    'bootstrap-without-identity.yaml': [
      'home-assistant: home-assistant@fields-test:/data in backups by kopia-shared',
      'home-assistant-bootstrap: SourceOfClaim home-assistant@fields-test:/data in backups by kopia-shared',
    ],
    'empty-variables.yaml': [
      'jellyfin: jellyfin@fields-test:/data in kopia by kopia-shared',
      'jellyfin-dst: SourceIdentity jellyfin@fields-test:/data in kopia by kopia-shared',
    ],
  };

  it.each([...files])('%s is read without a problem', (file, manifests) => {
    expect(summary(manifests)).toEqual(expected[file]);
  });

  it('keep quoted ids as numbers, whole resources and every volume', () => {
    const all = [...files.values()].flatMap(sourcesOf);
    const request = (name: string) => all.find((source) => source.name === name)?.request;
    expect(request('sonarr-src')?.moverSecurityContext).toEqual({ runAsUser: 1000, runAsGroup: 1000, fsGroup: 1000 });
    expect(request('paperless-r2')?.moverResources).toEqual({
      requests: { cpu: '10m' },
      limits: { cpu: '2', memory: '2Gi' },
    });
    expect(request('home-assistant')).toMatchObject({
      moverServiceAccount: 'backup',
      moverPodLabels: { egress: 'true' },
      moverVolumes: [{ mountPath: 'scripts', volumeSource: { secret: { secretName: 'scripts' } } }],
    });
    expect(request('jellyfin')).toEqual({
      namespace: 'fields-test',
      claim: 'jellyfin',
      source: 'jellyfin',
      copyMethod: 'Snapshot',
      secretName: 'kopia-shared',
      moverSecurityContext: { fsGroup: 100 },
      moverResources: {},
      cache: {},
      identity: {},
    });
  });
});
