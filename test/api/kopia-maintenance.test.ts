import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MaintenanceSpec } from '../../api/crds/maintenance-spec.ts';
import { readKopiaMaintenance } from '../../api/kopia-maintenance.ts';
import { MaintenanceDeclarationSchema } from '../../api/maintenance-declaration.ts';
import { declaredMaintenance, maintenanceManifest, publicMaintenances } from './maintenances.ts';

/** When, on what, and what has no effect: one line. */
function summary(spec: object): string {
  const { schedule, manual, declaration, unsupported } = declaredMaintenance(spec);
  const { secretName, repositoryClaim, repositoryNfs } = declaration;
  const when = schedule ? `${schedule.expression} ${schedule.timeZone}` : `manual ${manual}`;
  const where = repositoryNfs ? `${repositoryNfs.server}:${repositoryNfs.path}` : (repositoryClaim ?? 'its own place');
  const without = unsupported.length > 0 ? `, without ${unsupported.map(({ field }) => field).join(' ')}` : '';
  return `${when} of ${where} by ${secretName}${without}`;
}

describe('maintenance in the shapes of public repositories', () => {
  const expected: Record<keyof typeof publicMaintenances, string> = {
    'twice a day on an NFS folder':
      '30 3,15 * * * UTC of expanse.internal:/mnt/eros/VolsyncKopia by volsync-maintenance-secret',
    'both schedules, a claim': '30 */6 * * * UTC of kopia by kopia-secret, without spec.schedule',
    'the older schedule alone': '15 4 * * 0 UTC of its own place by kopia-secret',
    'of one application in an object store, without history':
      '@daily UTC of its own place by paperless-b2-secret, without spec.repository.repositoryType',
    'weekly, with a cache and limits':
      '0 2 * * 0 UTC of its own place by kopia-config, without spec.repository.customCA spec.containerSecurityContext',
    'by hand': 'manual now-1 of its own place by kopia-secret',
  };

  it.each(Object.entries(publicMaintenances))('%s', (title, spec) => {
    expect(summary(spec)).toBe(expected[title as keyof typeof expected]);
  });

  it('keeps the whole pod, ids and amounts as Kubernetes wants them', () => {
    const { declaration } = declaredMaintenance(publicMaintenances['weekly, with a cache and limits']);
    expect(declaration).toEqual({
      namespace: 'volsync-system',
      name: 'daily',
      secretName: 'kopia-config',
      moverServiceAccount: 'maintenance',
      moverPodLabels: { egress: 'true' },
      moverResources: { requests: { memory: '512Mi', cpu: '200m' }, limits: { memory: '2Gi', cpu: '1' } },
      moverAffinity: { nodeAffinity: {} },
      moverVolumes: [],
      moverSecurityContext: { runAsUser: 568, runAsGroup: 568, fsGroup: 568 },
      nodeSelector: { 'kubernetes.io/arch': 'amd64' },
      tolerations: [{ key: 'storage', operator: 'Exists', effect: 'NoSchedule' }],
      cache: { capacity: '5Gi', storageClassName: 'fast-ssd', accessModes: ['ReadWriteOnce'] },
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
      activeDeadlineSeconds: 10_800,
    });
    const { declaration: plain } = declaredMaintenance(
      publicMaintenances['of one application in an object store, without history'],
    );
    expect(plain).toMatchObject({
      successfulJobsHistoryLimit: 0,
      failedJobsHistoryLimit: 0,
      cacheClaim: 'kopia-cache',
      moverSecurityContext: { runAsUser: 1000, fsGroup: 1000, runAsNonRoot: true },
    });
  });
});

const repository = { repository: 'kopia-secret' };

it('without any schedule it is due at two, enabled and not suspended, as in VolSync', () => {
  const { schedule, enabled, suspended } = declaredMaintenance({ repository });
  expect([schedule?.expression, enabled, suspended]).toEqual(['0 2 * * *', true, false]);
  const off = declaredMaintenance({ repository, enabled: false, suspend: true });
  expect([off.enabled, off.suspended]).toEqual([false, true]);
});

it('a time zone in front of the schedule counts, or else the one that is given', () => {
  const zoned = { repository, trigger: { schedule: 'CRON_TZ=Europe/Berlin 30 4 * * *' } };
  expect(declaredMaintenance(zoned).schedule).toMatchObject({ expression: '30 4 * * *', timeZone: 'Europe/Berlin' });
  const reading = readKopiaMaintenance(maintenanceManifest({ repository }), { defaultTimeZone: 'Asia/Tokyo' });
  expect(reading).toMatchObject({ maintenance: { schedule: { timeZone: 'Asia/Tokyo' } } });
});

it('variables that were left empty count as left out', () => {
  const spec = {
    ...{ repository, trigger: { schedule: '', manual: '' }, schedule: '', cacheCapacity: '', cachePVC: null },
    podSecurityContext: { runAsUser: '', fsGroup: 100 },
  };
  const { schedule, declaration, unsupported } = declaredMaintenance(spec);
  expect(schedule?.expression).toBe('0 2 * * *');
  expect(declaration.moverSecurityContext).toEqual({ fsGroup: 100 });
  expect(unsupported).toEqual([]);
});

it.each<[title: string, spec: object, fields: readonly string[]]>([
  ['no repository', {}, ['spec.repository.repository']],
  ['no Secret', { repository: {} }, ['spec.repository.repository']],
  ['a Secret that is empty', { repository: { repository: '' } }, ['spec.repository.repository']],
  [
    'the Secret where its object belongs',
    { repository: 'kopia-secret' },
    ['spec.repository', 'spec.repository.repository'],
  ],
  ['a name that none is', { repository: { repository: 'No Name' } }, ['spec.repository.repository']],
  ['both triggers', { repository, trigger: { schedule: '0 1 * * *', manual: 'x' } }, ['spec.trigger']],
  ['no time', { repository, trigger: { schedule: '61 1 * * *' } }, ['spec.trigger.schedule']],
  ['no older time', { repository, schedule: '0 25 * * *' }, ['spec.schedule']],
  ['a number as schedule', { repository, schedule: 5 }, ['spec.schedule']],
  ['too short a deadline', { repository, activeDeadlineSeconds: 60 }, ['spec.activeDeadlineSeconds']],
  ['a negative limit', { repository, failedJobsHistoryLimit: -1 }, ['spec.failedJobsHistoryLimit']],
  ['no amount', { repository, resources: { limits: { cpu: 'much' } } }, ['spec.resources.limits.cpu']],
  ['no size', { repository, cacheCapacity: '10 GB' }, ['spec.cacheCapacity']],
  ['no claim', { repository, cachePVC: 'No Claim' }, ['spec.cachePVC']],
  [
    'a volume without a source',
    { repository, moverVolumes: [{ mountPath: 'x', volumeSource: {} }] },
    ['spec.moverVolumes[0].volumeSource'],
  ],
])('%s is named by its path', (_, spec, fields) => {
  const reading = readKopiaMaintenance(maintenanceManifest(spec));
  expect(reading).toMatchObject({ kind: 'Invalid', name: 'volsync-system/daily' });
  expect(reading.kind === 'Invalid' && [...new Set(reading.problems.map(({ field }) => field))]).toEqual(fields);
});

it('what it does not know is named at any depth, and so is an older schedule that lost', () => {
  const spec = {
    repository: { ...repository, prefix: 'x' },
    repositoryPVC: 'kopia',
    resources: { claims: [] },
    schedule: '5 5 * * *',
  };
  const { unsupported } = declaredMaintenance({ ...spec, trigger: { manual: 'now' } });
  expect(unsupported.map(({ field }) => field)).toEqual([
    'spec.repository.prefix',
    'spec.repositoryPVC',
    'spec.resources.claims',
    'spec.schedule',
  ]);
});

it('other kinds are not read', () => {
  const other = { ...maintenanceManifest({ repository }), kind: 'ReplicationSource' };
  expect(readKopiaMaintenance(other)).toEqual({
    kind: 'NotOurs',
    reason: 'ReplicationSource of volsync.backube/v1alpha1 is not a KopiaMaintenance',
  });
  expect(readKopiaMaintenance(null).kind).toBe('NotOurs');
});

it('says what to write where the Secret is missing', () => {
  expect(readKopiaMaintenance(maintenanceManifest(undefined))).toMatchObject({
    problems: [{ field: 'spec.repository.repository', message: 'must name the repository Secret' }],
  });
});

it('whatever stands in a manifest, reading it never throws, and what is read is whole', () => {
  const names = [...Object.keys(MaintenanceSpec.shape), 'constructor', '__proto__', 'newer'];
  const leaf = fc.oneof(fc.constantFrom('', null, 'a', '10Gi', '@daily', 5, true, []), fc.jsonValue({ maxDepth: 2 }));
  const inner = fc.dictionary(fc.constantFrom('repository', 'schedule', 'manual', 'limits', 'runAsUser'), leaf);
  const spec = fc.dictionary(fc.constantFrom(...names), fc.oneof(leaf, inner), { maxKeys: 8 });
  fc.assert(
    fc.property(spec, fc.boolean(), (any, sound) => {
      const reading = readKopiaMaintenance(maintenanceManifest(sound ? { ...any, repository } : any));
      if (reading.kind === 'Invalid') expect(reading.problems.length).toBeGreaterThan(0);
      if (reading.kind === 'Maintenance') MaintenanceDeclarationSchema.parse(reading.maintenance.declaration);
    }),
    { numRuns: 400 },
  );
});

it('every honoured field reaches the reading', () => {
  const values: Readonly<Record<string, unknown>> = {
    ...{ trigger: { manual: 'x' }, schedule: '1 1 * * *', enabled: false, suspend: true, tolerations: [{ key: 'a' }] },
    ...{ successfulJobsHistoryLimit: 7, failedJobsHistoryLimit: 7, activeDeadlineSeconds: 700 },
    ...{ resources: { limits: { cpu: '1' } }, podSecurityContext: { runAsUser: 5 }, affinity: { podAffinity: {} } },
    ...{
      moverPodLabels: { a: 'b' },
      nodeSelector: { a: 'b' },
      cacheCapacity: '7Gi',
      cacheAccessModes: ['ReadWriteMany'],
    },
    ...{ metadataCacheSizeLimitMB: 5, contentCacheSizeLimitMB: 5, repository: { repository: 'other' } },
    moverVolumes: [{ mountPath: 'x', volumeSource: { persistentVolumeClaim: { claimName: 'x' } } }],
  };
  const read = (fields: object) => JSON.stringify(readKopiaMaintenance(maintenanceManifest({ repository, ...fields })));
  const silent = Object.keys(MaintenanceSpec.shape).filter(
    (name) => read({ [name]: values[name] ?? 'value' }) === read({}),
  );
  expect(silent).toEqual([]);
});
