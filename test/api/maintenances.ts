import { type DeclaredMaintenance, readKopiaMaintenance } from '../../api/kopia-maintenance.ts';

export const maintenanceManifest = (spec: unknown, name = 'daily') => ({
  apiVersion: 'volsync.backube/v1alpha1',
  kind: 'KopiaMaintenance',
  metadata: { name, namespace: 'volsync-system' },
  spec,
});

export function declaredMaintenance(spec: unknown): DeclaredMaintenance {
  const reading = readKopiaMaintenance(maintenanceManifest(spec));
  if (reading.kind !== 'Maintenance') throw new Error(`not a maintenance: ${JSON.stringify(reading)}`);
  return reading.maintenance;
}

const nfs = { server: 'expanse.internal', path: '/mnt/eros/VolsyncKopia' };

/** `spec` in the shapes of public GitOps repositories and of VolSync's own documentation. */
export const publicMaintenances = {
  'twice a day on an NFS folder': {
    enabled: true,
    trigger: { schedule: '30 3,15 * * *' },
    moverVolumes: [{ mountPath: 'repository', volumeSource: { nfs } }],
    repository: { repository: 'volsync-maintenance-secret' },
  },
  'both schedules, a claim': {
    schedule: '0 3 * * *',
    trigger: { schedule: '30 */6 * * *' },
    repository: { repository: 'kopia-secret' },
    moverVolumes: [{ mountPath: 'kopia', volumeSource: { persistentVolumeClaim: { claimName: 'kopia' } } }],
  },
  'the older schedule alone': { schedule: '15 4 * * 0', repository: { repository: 'kopia-secret' } },
  'of one application in an object store, without history': {
    enabled: true,
    suspend: false,
    successfulJobsHistoryLimit: 0,
    failedJobsHistoryLimit: 0,
    trigger: { schedule: '@daily' },
    repository: { repository: 'paperless-b2-secret', repositoryType: 's3' },
    cachePVC: 'kopia-cache',
  },
  'weekly, with a cache and limits': {
    repository: { repository: 'kopia-config', customCA: { configMapName: 'ca', key: 'ca.crt' } },
    trigger: { schedule: '0 2 * * 0' },
    // What VolSync's API server writes into it.
    schedule: '0 2 * * *',
    cacheCapacity: '5Gi',
    cacheStorageClassName: 'fast-ssd',
    cacheAccessModes: ['ReadWriteOnce'],
    resources: { requests: { memory: '512Mi', cpu: '200m' }, limits: { memory: '2Gi', cpu: 1 } },
    podSecurityContext: { runAsUser: '568', runAsGroup: 568, fsGroup: 568 },
    containerSecurityContext: { readOnlyRootFilesystem: true },
    nodeSelector: { 'kubernetes.io/arch': 'amd64' },
    tolerations: [{ key: 'storage', operator: 'Exists', effect: 'NoSchedule' }],
    affinity: { nodeAffinity: {} },
    serviceAccountName: 'maintenance',
    moverPodLabels: { egress: 'true' },
  },
  'by hand': { trigger: { manual: 'now-1' }, schedule: '0 2 * * *', repository: { repository: 'kopia-secret' } },
} as const;
