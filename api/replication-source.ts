import { z } from 'zod';
import { type BackupRequest, BackupRequestSchema } from './backup-request.ts';
import { type CronSchedule, parseCron } from './cron-schedule.ts';
import { type InvalidField, invalidFields } from './invalid.ts';
import {
  asFields,
  type Fields,
  manifestPath,
  present,
  requestFields,
  type UnsupportedField,
  unsupportedFields,
} from './replication-source-fields.ts';

/** A source as declared, ready to be planned. */
export interface DeclaredSource {
  readonly namespace: string;
  readonly name: string;
  readonly request: BackupRequest;
  /** Absent with a manual trigger alone, or with no trigger at all. */
  readonly schedule?: CronSchedule;
  /** `spec.trigger.manual`: one run for each new value; while it is set, VolSync holds the schedule. */
  readonly manual?: string;
  readonly paused: boolean;
  /** `status.lastSyncTime`: it ran before, under whatever ran it. RFC 3339. */
  readonly lastSyncTime?: string;
  readonly unsupported: readonly UnsupportedField[];
}

export type SourceReading =
  | { readonly kind: 'Source'; readonly source: DeclaredSource }
  /** Another kind, or another mover's: not touched. */
  | { readonly kind: 'NotOurs'; readonly reason: string }
  | { readonly kind: 'Invalid'; readonly name: string; readonly problems: readonly InvalidField[] };

export interface SourceReadingOptions {
  /** For manifests without one, as in a kustomization that sets it. */
  readonly defaultNamespace?: string;
  /** Stowage's name of the repository. The manifest names only a Secret and a claim. */
  readonly repository?: string;
  /** IANA name for schedules that name none; VolSync takes its own process' zone. */
  readonly defaultTimeZone?: string;
}

const Manifest = z.looseObject({
  metadata: z.looseObject({ name: z.string().min(1), namespace: z.string().optional() }),
  spec: z.looseObject({
    sourcePVC: z.string('must name the claim to back up').min(1, 'must name the claim to back up'),
    paused: z.boolean().nullish(),
    trigger: z.looseObject({ schedule: z.string().nullish(), manual: z.string().nullish() }).nullish(),
    kopia: z.looseObject({
      copyMethod: z.enum(['Snapshot', 'Clone', 'Direct', 'None'], 'must be Snapshot, Clone, Direct or None'),
      repository: z.string('must name the repository Secret').min(1, 'must name the repository Secret'),
      moverVolumes: z.array(z.unknown()).nullish(),
      repositoryPVC: z.string().nullish(),
    }),
  }),
});

/**
 * Reads a `ReplicationSource` (volsync.backube/v1alpha1) with `spec.kopia` as it stands in git or in the cluster.
 * Pure; all problems at once, each with its path in the manifest. The rules are those of compatibility.md 1.2 and 1.3.
 */
export function readReplicationSource(manifest: unknown, options: SourceReadingOptions = {}): SourceReading {
  const notOurs = reasonNotOurs(asFields(manifest));
  if (notOurs) return { kind: 'NotOurs', reason: notOurs };

  const metadata = asFields(asFields(manifest).metadata);
  const spec = asFields(asFields(manifest).spec);
  const kopia = asFields(spec.kopia);
  const namespace = metadata.namespace ?? options.defaultNamespace;
  const repository = repositoryVolume(kopia);
  const trigger = readTrigger(asFields(spec.trigger), options.defaultTimeZone);

  const shape = Manifest.safeParse(manifest);
  const request = present({
    ...requestFields(kopia),
    ...repository.fields,
    namespace,
    claim: spec.sourcePVC,
    source: metadata.name,
    repository: options.repository,
  });
  const validated = BackupRequestSchema.safeParse(request);
  const problems = distinct([
    ...(shape.success ? [] : invalidFields(shape.error)),
    ...otherMovers(spec),
    ...trigger.problems,
    ...(validated.success
      ? []
      : invalidFields(validated.error).map(({ field, message }) => ({
          field: manifestPath(field, repository.path),
          message,
        }))),
  ]);
  const label = `${String(namespace ?? '?')}/${String(metadata.name ?? '?')}`;
  if (problems.length > 0) return { kind: 'Invalid', name: label, problems };

  const lastSyncTime = asFields(asFields(manifest).status).lastSyncTime;
  return {
    kind: 'Source',
    source: {
      namespace: String(namespace),
      name: String(metadata.name),
      request: request as BackupRequest,
      ...(trigger.schedule && { schedule: trigger.schedule }),
      ...(trigger.manual !== undefined && { manual: trigger.manual }),
      paused: spec.paused === true,
      ...(typeof lastSyncTime === 'string' && { lastSyncTime }),
      unsupported: [...unsupportedFields(kopia), ...repository.unsupported, ...trigger.unsupported],
    },
  };
}

function reasonNotOurs(manifest: Fields): string | undefined {
  const apiVersion = String(manifest.apiVersion ?? 'none');
  if (manifest.kind !== 'ReplicationSource' || !apiVersion.startsWith('volsync.backube/')) {
    return `${String(manifest.kind ?? 'an object without kind')} of ${apiVersion} is not a ReplicationSource`;
  }
  const spec = asFields(manifest.spec);
  if (spec.kopia !== undefined && spec.kopia !== null) return undefined;
  const movers = moversOf(spec);
  return movers.length > 0 ? `its mover is ${movers.join(', ')}` : 'it has no spec.kopia';
}

const moversOf = (spec: Fields): string[] =>
  ['rsync', 'rsyncTLS', 'rclone', 'restic', 'syncthing', 'external'].filter((mover) => spec[mover] != null);

function otherMovers(spec: Fields): InvalidField[] {
  return moversOf(spec).map((mover) => ({
    field: `spec.${mover}`,
    message: 'only one mover may be set, and kopia is',
  }));
}

interface Trigger {
  readonly schedule?: CronSchedule;
  readonly manual?: string;
  readonly problems: readonly InvalidField[];
  readonly unsupported: readonly UnsupportedField[];
}

function readTrigger(trigger: Fields, timeZone: string | undefined): Trigger {
  const { schedule, manual } = present(trigger);
  const manualValue = typeof manual === 'string' ? { manual } : {};
  if (schedule === undefined && manual === undefined) {
    const message = 'is absent, which in VolSync means one backup right after the other; the default schedule is used';
    return { problems: [], unsupported: [{ field: 'spec.trigger', message }] };
  }
  if (typeof schedule !== 'string') return { ...manualValue, problems: [], unsupported: [] };
  const reading = parseCron(schedule, timeZone);
  if (reading.ok) return { schedule: reading.cron, ...manualValue, problems: [], unsupported: [] };
  const problems = reading.problems.map((message) => ({ field: 'spec.trigger.schedule', message }));
  return { problems, unsupported: [] };
}

/** The first claim in moverVolumes is the repository, its root; `repositoryPVC` is the older form. */
function repositoryVolume(kopia: Fields) {
  const volumes = Array.isArray(kopia.moverVolumes) ? kopia.moverVolumes : [];
  const claims = volumes.map(
    (volume) => asFields(asFields(asFields(volume).volumeSource).persistentVolumeClaim).claimName,
  );
  const chosen = claims.findIndex((claim) => claim !== undefined);
  const unsupported = volumes.flatMap((_, index) =>
    index === chosen ? [] : [{ field: `spec.kopia.moverVolumes[${index}]`, message: 'is not mounted into the mover' }],
  );
  if (chosen >= 0) {
    const path = `spec.kopia.moverVolumes[${chosen}].volumeSource.persistentVolumeClaim.claimName`;
    return { path, fields: { repositoryClaim: claims[chosen] }, unsupported };
  }
  const path = 'spec.kopia.repositoryPVC';
  // Where in the volume it lies was found by looking, when the repository was adopted.
  return { path, fields: present({ repositoryClaim: kopia.repositoryPVC }), unsupported };
}

/** One problem for each field: the manifest's own rule comes first and says it best. */
function distinct(problems: readonly InvalidField[]): InvalidField[] {
  const seen = new Set<string>();
  return problems.filter(({ field, message }) => {
    const key = field === 'spec.trigger.schedule' ? `${field} ${message}` : field;
    return seen.has(key) ? false : seen.add(key);
  });
}
