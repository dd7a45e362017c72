import type { z } from 'zod';
import { type BackupRequest, BackupRequestSchema } from '../api/backup-request.ts';
import { MaintenanceMode, type MaintenanceRequest, MaintenanceRequestSchema } from '../api/care-request.ts';
import { invalidFields } from '../api/invalid.ts';
import { type InitRequest, InitRequestSchema } from '../api/repository-request.ts';
import { type RestoreRequest, RestoreRequestSchema } from '../api/restore-request.ts';
import { type SnapshotsRequest, SnapshotsRequestSchema } from '../api/snapshots-request.ts';
import { UsageError } from './errors.ts';

/** Fields that say which volume and which repository: a restore shares them with the backup that is declared. */
const VOLUME_FIELDS = [
  'namespace',
  'claim',
  'source',
  'repository',
  'secretName',
  'repositoryClaim',
  'repositoryPath',
  'identity',
  'cache',
  'moverSecurityContext',
  'moverServiceAccount',
  'moverPodLabels',
  'moverResources',
  'moverAffinity',
  'moverVolumes',
  'repositoryNfs',
] as const;

type VolumeFields = Pick<BackupRequest, (typeof VOLUME_FIELDS)[number]>;

/** Flags that every command about one volume takes. */
export interface VolumeFlags {
  readonly namespace: string;
  readonly source?: string;
  readonly repository?: string;
  readonly secret?: string;
  readonly repositoryClaim?: string;
}

export interface BackupFlags extends VolumeFlags {
  readonly copyMethod?: string;
  readonly storageClass?: string;
  readonly snapshotClass?: string;
  readonly approveRetention?: boolean;
  readonly approveShrink?: boolean;
}

export interface RestoreFlags extends VolumeFlags {
  readonly snapshot?: string;
  readonly asOf?: string;
  readonly previous?: number;
  readonly capacity?: string;
  readonly storageClass?: string;
  readonly accessMode?: readonly string[];
  readonly whenNoSnapshot?: string;
}

/** What is declared, with the flags on top. Throws {@link UsageError} that names every wrong field. */
export function backupRequest(claim: string, flags: BackupFlags, declared?: BackupRequest): BackupRequest {
  return checked(BackupRequestSchema, {
    ...declared,
    ...volumeFlags(claim, flags),
    ...given({
      copyMethod: flags.copyMethod,
      storageClassName: flags.storageClass,
      volumeSnapshotClassName: flags.snapshotClass,
      approveRetention: flags.approveRetention,
      approveShrink: flags.approveShrink,
    }),
  });
}

export function restoreRequest(claim: string, flags: RestoreFlags, declared?: BackupRequest): RestoreRequest {
  const snapshot = given({ id: flags.snapshot, asOf: flags.asOf, previous: flags.previous });
  return checked(RestoreRequestSchema, {
    ...(declared && volumeOf(declared)),
    ...volumeFlags(claim, flags),
    ...(Object.keys(snapshot).length > 0 && { snapshot }),
    ...given({
      capacity: flags.capacity,
      storageClassName: flags.storageClass,
      accessModes: flags.accessMode,
      whenNoSnapshot: flags.whenNoSnapshot,
    }),
  });
}

export function snapshotsRequest(claim: string, flags: VolumeFlags, declared?: BackupRequest): SnapshotsRequest {
  const { namespace, source, repository, identity } = {
    ...(declared && volumeOf(declared)),
    ...volumeFlags(claim, flags),
  };
  return checked(SnapshotsRequestSchema, { claim, ...given({ namespace, source, repository, identity }) });
}

export function initRequest(flags: { readonly repository?: string; readonly adopt?: boolean }): InitRequest {
  return checked(InitRequestSchema, given({ repository: flags.repository, adopt: flags.adopt }));
}

export function maintenanceRequest(flags: {
  readonly repository?: string;
  readonly full?: boolean;
}): MaintenanceRequest {
  return checked(
    MaintenanceRequestSchema,
    given({ repository: flags.repository, mode: flags.full ? MaintenanceMode.Full : undefined }),
  );
}

const volumeFlags = (claim: string, flags: VolumeFlags): Partial<VolumeFields> & Pick<VolumeFields, 'claim'> => ({
  claim,
  ...given({
    namespace: flags.namespace,
    source: flags.source,
    repository: flags.repository,
    secretName: flags.secret,
    repositoryClaim: flags.repositoryClaim,
  }),
});

const volumeOf = (request: BackupRequest): Partial<VolumeFields> =>
  given(Object.fromEntries(VOLUME_FIELDS.map((name) => [name, request[name]])));

/** The request as typed, not completed: the workflow does that, and the UI then shows what a person said. */
function checked<Schema extends z.ZodType>(schema: Schema, request: object): z.input<Schema> {
  const parsed = schema.safeParse(request);
  if (parsed.success) return request as z.input<Schema>;
  const lines = invalidFields(parsed.error).map(({ field, message }) => `${field}: ${message}`);
  throw new UsageError(lines.join('\n'), 'Correct the named fields; `--help` shows the flags.');
}

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Without the flags that were not given. */
const given = <T extends object>(fields: T): Given<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<T>;
