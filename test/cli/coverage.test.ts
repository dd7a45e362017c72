import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import type { ClaimView } from '../../cli/cluster.ts';
import { classifyClaims, isCovered, type Verdict } from '../../cli/coverage.ts';
import type { DeclaredManifest } from '../../cli/declared-objects.ts';
import { renderCoverage } from '../../cli/output/coverage.ts';
import { claimOf, condition, destinationObject, sourceObject, volsyncStatus, worldOf } from './declared.ts';
import { expectGolden } from './golden.ts';

const now = new Date('2026-11-23T12:00:00Z');
const good = { lastSyncTime: '2026-11-23T11:00:30Z', conditions: [condition('Protected', 'True', 'BackupProven')] };
const at = (lastSyncTime: string) => ({ ...good, lastSyncTime });
const record = (finishedAt: string, outcome: 'Succeeded' | 'Failed' = 'Succeeded') => ({
  lastBackup: { outcome, runId: 'r', workflowId: 'w', finishedAt, durationSeconds: 3 },
});
const source = (change: Parameters<typeof sourceObject>[0] = {}): DeclaredManifest =>
  sourceObject({ status: good, ...change });

const rowOf = (
  claim: ClaimView,
  sources: readonly DeclaredManifest[],
  destinations: readonly DeclaredManifest[] = [],
) => classifyClaims([claim], worldOf(sources, destinations), now)[0]!;

const app = claimOf('app-config');
const daily = { trigger: { schedule: '0 3 * * *' }, sourcePVC: 'app-config' };

describe('a claim is', () => {
  const cases: [Verdict, string, ClaimView, DeclaredManifest[]][] = [
    ['Protected', 'with a fresh proven backup', app, [source()]],
    [
      'Protected',
      'by the record on the claim alone',
      claimOf('app-config', record('2026-11-23T11:30:00Z')),
      [sourceObject()],
    ],
    [
      'Protected',
      'at the very limit of two intervals and the spread',
      app,
      [source({ status: at('2026-11-23T09:58:00Z') })],
    ],
    ['Late', 'one second later', app, [source({ status: at('2026-11-23T09:57:59Z') })]],
    ['Protected', 'yesterday, backed up daily', app, [source({ spec: daily, status: at('2026-11-22T03:01:00Z') })]],
    ['Late', 'three days ago, backed up daily', app, [source({ spec: daily, status: at('2026-11-20T03:01:00Z') })]],
    [
      'Protected',
      'with a manual trigger, however long ago',
      app,
      [source({ spec: { trigger: { manual: 'once' } }, status: at('2026-01-01T00:00:00Z') })],
    ],
    ['NeverBackedUp', 'new', app, [sourceObject()]],
    [
      'NeverBackedUp',
      'whose only record is a failure',
      claimOf('app-config', record('2026-11-23T11:30:00Z', 'Failed')),
      [sourceObject()],
    ],
    [
      'Failed',
      'whose last run failed although the one before is fresh',
      app,
      [source({ status: { ...good, latestMoverStatus: { result: 'Failed', logs: 'RepositoryFull: no room' } } })],
    ],
    [
      'Held',
      'whose Secret lacks its key',
      app,
      [source({ status: { ...good, conditions: [condition('Protected', 'False', 'SecretInvalid', 'no key')] } })],
    ],
    [
      'Suspicious',
      'that shrank',
      app,
      [
        source({
          status: {
            ...good,
            conditions: [...good.conditions, condition('Suspicious', 'True', 'RetentionHeld', 'shrank')],
          },
        }),
      ],
    ],
    ['Paused', 'paused', app, [source({ spec: { paused: true } })]],
    ['InvalidSource', 'whose source has a wrong schedule', app, [source({ spec: { trigger: { schedule: 'often' } } })]],
    ['AwaitingAdoption', "VolSync's still", app, [sourceObject({ status: volsyncStatus })]],
    ['Protected', "VolSync's once, and adopted", app, [sourceObject({ status: volsyncStatus, control: 'adopted' })]],
    ['Released', 'handed back', app, [source({ control: 'released' })]],
    ['NoSource', 'declared by nobody', app, [source({ spec: { sourcePVC: 'other' } })]],
    ['NoSource', "another namespace's", claimOf('app-config', { namespace: 'media' }), [source()]],
    ['BlockDevice', 'a block device', claimOf('app-config', { block: true }), []],
    [
      'Own',
      'a cache of ours',
      claimOf('kopia-cache-app', { labels: { 'app.kubernetes.io/managed-by': 'stowage' } }),
      [],
    ],
    [
      'Own',
      'a cache of VolSync',
      claimOf('volsync-src-a-cache', { labels: { 'app.kubernetes.io/created-by': 'volsync' } }),
      [],
    ],
    ['Own', 'the repository of a source', claimOf('kopia'), [source()]],
    ['Own', 'the repository as the worker mounts it', claimOf('kopia', { namespace: 'stowage-system' }), []],
    ['NoSource', 'called kopia, where no source says that it is a repository', claimOf('kopia'), []],
  ];
  it.each(cases)('%s: %s', (verdict, _what, claim, sources) => {
    const row = rowOf(claim, sources);
    expect({ verdict: row.verdict, message: row.message }).toMatchObject({ verdict });
    expect(isCovered(row)).toBe(verdict === 'Protected' || verdict === 'Own');
    if (!isCovered(row)) expect(row.message).not.toBe('');
  });

  it('as good as the worst of its sources, except those that are not ours to run', () => {
    const second = (change: object) => source({ name: 'app-b2', kopia: { repository: 'b2-secret' }, ...change });
    const verdicts = (other: DeclaredManifest) => rowOf(app, [source(), other]).verdict;
    expect(verdicts(second({}))).toBe('Protected');
    expect(verdicts(second({ status: at('2026-11-01T00:00:00Z') }))).toBe('Late');
    expect(verdicts(second({ control: 'released' }))).toBe('Protected');
    const held = source({ name: 'twin', created: '2026-06-01T00:00:00Z' });
    const row = rowOf(app, [source(), held]);
    expect(row.verdict).toBe('Protected');
    expect(row.sources.find(({ name }) => name === 'twin')?.verdict).toBe('VolumeConflict');
  });

  it('not protected by the record on the claim where two sources could mean it', () => {
    const both = [sourceObject(), sourceObject({ name: 'app-b2', kopia: { repository: 'b2-secret' } })];
    expect(rowOf(claimOf('app-config', record('2026-11-23T11:30:00Z')), both).verdict).toBe('NeverBackedUp');
  });

  it('the repository of a destination too', () => {
    const kopia = { moverVolumes: [{ mountPath: 'r', volumeSource: { persistentVolumeClaim: { claimName: 'nas' } } }] };
    expect(rowOf(claimOf('nas'), [], [destinationObject({ kopia })]).verdict).toBe('Own');
  });
});

it('coverage as a person reads it', () => {
  const claims = [
    app,
    claimOf('db', { namespace: 'data' }),
    claimOf('late'),
    claimOf('kopia'),
    claimOf('raw', { block: true }),
  ];
  const late = source({ name: 'late-src', spec: { sourcePVC: 'late' }, status: at('2026-11-20T00:00:00Z') });
  const rows = classifyClaims(claims, worldOf([source(), late]), now);
  return expectGolden('coverage', renderCoverage(pc.createColors(false), rows, now));
});
