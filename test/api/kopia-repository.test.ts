import { describe, expect, it } from 'vitest';
import { readKopiaRepository } from '../../api/kopia-repository.ts';
import { repositoryHealth } from '../../api/repository-health.ts';
import type { CareStatus } from '../../api/repository-status.ts';

const metadata = { name: 'kopia', namespace: 'stowage-system' };
const read = (spec: object, name = 'kopia') => readKopiaRepository({ metadata: { ...metadata, name }, spec });

function declared(spec: object, name?: string) {
  const reading = read(spec, name);
  if (reading.kind !== 'Repository') throw new Error(JSON.stringify(reading.problems));
  return reading.declared;
}

describe('a KopiaRepository', () => {
  it('needs no field: where it lies is then said by its Secret, and care has its usual times', () => {
    const { repository, triggers } = declared({});
    expect(repository).toMatchObject({
      ...metadata,
      secretName: 'kopia-secret',
      readAllWithinDays: 30,
      moverSecurityContext: { runAsUser: 1000, fsGroup: 1000, runAsNonRoot: true },
    });
    expect(Object.entries(triggers).map(([task, { cron, paused }]) => [task, cron.expression, paused])).toEqual([
      ['quickMaintenance', '17 * * * *', false],
      ['fullMaintenance', '37 2 * * *', false],
      ['quickVerification', '47 */6 * * *', false],
      ['deepVerification', '7 4 * * *', false],
    ]);
  });

  it('says what it says', () => {
    const { repository, triggers } = declared({
      secretName: 'mine',
      volume: { nfs: { server: 'nas', path: '/export/kopia' } },
      maintenance: { paused: true, fullSchedule: 'CRON_TZ=Europe/Berlin 0 3 * * *' },
      verification: { readAllWithinDays: 7 },
      moverSecurityContext: { runAsUser: '568' },
      cacheCapacity: '2Gi',
    });
    expect(repository).toMatchObject({
      secretName: 'mine',
      repositoryNfs: { server: 'nas', path: '/export/kopia' },
      readAllWithinDays: 7,
      moverSecurityContext: { runAsUser: 568 },
      cacheCapacity: '2Gi',
    });
    expect(triggers.fullMaintenance).toMatchObject({ paused: true, cron: { timeZone: 'Europe/Berlin' } });
    expect(triggers.deepVerification.paused).toBe(false);
  });

  it.each([
    [{ maintenance: { fullSchedule: '61 * * * *' } }, 'spec.maintenance.fullSchedule', /minute/],
    [{ verification: { deepSchedule: 'daily' } }, 'spec.verification.deepSchedule', /five cron fields/],
    [{ verification: { readAllWithinDays: 0 } }, 'spec.verification.readAllWithinDays', /got 0/],
    [{ secretName: 'Not A Name' }, 'spec.secretName', /Kubernetes name/],
    [{ volume: { claimName: '-x' } }, 'spec.volume.claimName', /Kubernetes name/],
    [{ volume: { nfs: { server: 'nas', path: 'export' } } }, 'spec.volume.nfs.path', /must start with/],
    [{ cacheCapacity: 'much' }, 'spec.cacheCapacity', /quantity/],
  ])('names the field that is wrong: %j', (spec, field, message) => {
    const reading = read(spec);
    expect(reading).toMatchObject({ kind: 'Invalid', problems: [{ field, message: expect.stringMatching(message) }] });
  });
});

describe('the health of a repository', () => {
  const good: CareStatus = { lastResult: 'Successful', lastTime: '2026-11-25T02:37:10Z' };
  const bad: CareStatus = { ...good, lastResult: 'Failed', message: 'RepositoryFull: no room' };

  it.each([
    ['nothing ran yet', {}, 'Unknown', 'NotCaredForYet'],
    ['all went well', { fullMaintenance: good }, 'True', 'CaredFor'],
    ['one failed', { quickMaintenance: good, fullMaintenance: bad }, 'False', 'RepositoryFull'],
    ['one was left out', { quickMaintenance: { ...good, lastResult: 'Skipped' } }, 'True', 'CaredFor'],
  ])('%s', (_name, care, status, reason) => {
    expect(repositoryHealth({ care })).toMatchObject({ status, reason });
  });
});
