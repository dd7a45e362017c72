import { partFields } from './crds/known-fields.ts';
import { MaintenanceSpec } from './crds/maintenance-spec.ts';
import { type CronSchedule, parseCron } from './cron-schedule.ts';
import { asFields, type Fields, present, sharedRequestFields, type UnsupportedField } from './declared-fields.ts';
import { gatherProblems, manifestLabel, type ReadingOptions, reasonOtherKind } from './declared-manifest.ts';
import { MAINTENANCE_KIND } from './declared-object.ts';
import { readVolumes } from './declared-repository.ts';
import type { InvalidField } from './invalid.ts';
import { type MaintenanceDeclaration, MaintenanceDeclarationSchema } from './maintenance-declaration.ts';

/** A maintenance as declared, ready to be planned. */
export interface DeclaredMaintenance {
  readonly namespace: string;
  readonly name: string;
  /** With every default filled in. */
  readonly declaration: MaintenanceDeclaration;
  /** False: the object asks for no maintenance at all. */
  readonly enabled: boolean;
  /** Nothing starts; what runs goes on. */
  readonly suspended: boolean;
  /** Absent while `manual` is set. */
  readonly schedule?: CronSchedule;
  /** `spec.trigger.manual`: one run for each new value. */
  readonly manual?: string;
  readonly unsupported: readonly UnsupportedField[];
}

export type MaintenanceReading =
  | { readonly kind: 'Maintenance'; readonly maintenance: DeclaredMaintenance }
  | { readonly kind: 'NotOurs'; readonly reason: string }
  | { readonly kind: 'Invalid'; readonly name: string; readonly problems: readonly InvalidField[] };

/** VolSync's CRD fills this in where nobody wrote a schedule, also beside `trigger`. */
const DEFAULT_SCHEDULE = '0 2 * * *';

/** Path in the declaration → manifest path; what is not named here lies under `spec` with the same path. */
const PATHS: Readonly<Record<string, string>> = {
  namespace: 'metadata.namespace',
  name: 'metadata.name',
  secretName: 'spec.repository.repository',
  moverSecurityContext: 'spec.podSecurityContext',
  moverServiceAccount: 'spec.serviceAccountName',
  moverResources: 'spec.resources',
  moverAffinity: 'spec.affinity',
  cacheClaim: 'spec.cachePVC',
  'cache.capacity': 'spec.cacheCapacity',
  'cache.storageClassName': 'spec.cacheStorageClassName',
  'cache.accessModes': 'spec.cacheAccessModes',
  'cache.metadataLimitMb': 'spec.metadataCacheSizeLimitMB',
  'cache.contentLimitMb': 'spec.contentCacheSizeLimitMB',
};

/**
 * Reads a `KopiaMaintenance` (volsync.backube/v1alpha1) as it stands in git or in the cluster. Pure; all problems at once,
 * each with its path in the manifest. The rules are those of compatibility.md 1.5; `@daily` and its like, which VolSync's
 * CRD admits and its controller refuses, are taken.
 */
export function readKopiaMaintenance(manifest: unknown, options: ReadingOptions = {}): MaintenanceReading {
  const notOurs = reasonOtherKind(asFields(manifest), MAINTENANCE_KIND);
  if (notOurs) return { kind: 'NotOurs', reason: notOurs };

  const metadata = asFields(asFields(manifest).metadata);
  const parted = partFields(MaintenanceSpec, asFields(manifest).spec, 'spec');
  // Without a repository the problem is the Secret that is not named.
  const spec: Fields = { repository: {}, ...asFields(parted.known) };
  const namespace = metadata.namespace ?? options.defaultNamespace;
  const volumes = readVolumes(spec, 'spec');
  const trigger = readTriggers(spec, options.defaultTimeZone);

  const declaration = present({ ...declarationFields(spec), ...volumes.fields, namespace, name: metadata.name });
  const validated = MaintenanceDeclarationSchema.safeParse(declaration, { reportInput: true });
  const problems = gatherProblems({
    ...{ metadata, schema: MaintenanceSpec, spec, own: trigger.problems, request: validated },
    ...{ paths: { ...PATHS, ...volumes.paths }, base: 'spec' },
  });
  if (problems.length > 0 || !validated.success)
    return { kind: 'Invalid', name: manifestLabel(namespace, metadata.name), problems };

  return {
    kind: 'Maintenance',
    maintenance: {
      namespace: validated.data.namespace,
      name: validated.data.name,
      declaration: validated.data,
      enabled: spec.enabled !== false,
      suspended: spec.suspend === true,
      ...(trigger.schedule && { schedule: trigger.schedule }),
      ...(trigger.manual !== undefined && { manual: trigger.manual }),
      unsupported: [...parted.unsupported, ...volumes.unsupported, ...trigger.unsupported],
    },
  };
}

/** The declaration's fields as they stand in `spec`, not validated yet. */
const declarationFields = (spec: Fields): Fields => ({
  ...present(
    sharedRequestFields({
      ...spec,
      repository: asFields(spec.repository).repository,
      moverSecurityContext: spec.podSecurityContext,
      moverServiceAccount: spec.serviceAccountName,
      moverResources: spec.resources,
      moverAffinity: spec.affinity,
    }),
  ),
  nodeSelector: spec.nodeSelector,
  tolerations: spec.tolerations,
  cacheClaim: spec.cachePVC,
  successfulJobsHistoryLimit: spec.successfulJobsHistoryLimit,
  failedJobsHistoryLimit: spec.failedJobsHistoryLimit,
  activeDeadlineSeconds: spec.activeDeadlineSeconds,
});

interface Triggers {
  readonly schedule?: CronSchedule;
  readonly manual?: string;
  readonly problems: readonly InvalidField[];
  readonly unsupported: readonly UnsupportedField[];
}

/** `trigger.manual`, or `trigger.schedule`, or the older `schedule`, or the default. */
function readTriggers(spec: Fields, timeZone: string | undefined): Triggers {
  const { schedule, manual } = asFields(spec.trigger);
  const older = spec.schedule;
  if (schedule !== undefined && manual !== undefined) {
    const message = 'has a schedule and a manual value: leave one of them out';
    return { problems: [{ field: 'spec.trigger', message }], unsupported: [] };
  }
  const winner = manual === undefined ? schedule : manual;
  const lost = winner !== undefined && older !== undefined && older !== winner && older !== DEFAULT_SCHEDULE;
  const unsupported = lost
    ? [{ field: 'spec.schedule', message: 'has no effect beside spec.trigger, which wins' }]
    : [];
  if (manual !== undefined) return { ...(typeof manual === 'string' && { manual }), problems: [], unsupported };

  const [field, text] =
    schedule === undefined ? ['spec.schedule', older ?? DEFAULT_SCHEDULE] : ['spec.trigger.schedule', schedule];
  // What is no text was named as such already.
  if (typeof text !== 'string') return { problems: [], unsupported };
  const reading = parseCron(text, timeZone);
  return reading.ok
    ? { schedule: reading.cron, problems: [], unsupported }
    : { problems: [{ field, message: reading.problems.join('; ') }], unsupported };
}
