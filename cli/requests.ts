import type { z } from 'zod';
import { type BackupRequest, BackupRequestSchema } from '../api/backup-request.ts';
import {
  MaintenanceMode,
  type MaintenanceRequest,
  MaintenanceRequestSchema,
  VerificationMode,
  type VerificationRequest,
  VerificationRequestSchema,
} from '../api/care-request.ts';
import type { DrillCheckInput } from '../api/drill-check.ts';
import { type DrillRequest, DrillRequestSchema } from '../api/drill-request.ts';
import { invalidFields } from '../api/invalid.ts';
import { type InitRequest, InitRequestSchema } from '../api/repository-request.ts';
import { type RestoreRequest, RestoreRequestSchema } from '../api/restore-request.ts';
import { type SnapshotsRequest, SnapshotsRequestSchema } from '../api/snapshots-request.ts';
import { volumeOf } from '../api/volume-request.ts';
import { UsageError } from './errors.ts';

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

export interface SnapshotFlags extends VolumeFlags {
  readonly snapshot?: string;
  readonly asOf?: string;
  readonly previous?: number;
  readonly capacity?: string;
  readonly storageClass?: string;
}

export interface RestoreFlags extends SnapshotFlags {
  readonly accessMode?: readonly string[];
  readonly whenNoSnapshot?: string;
}

export interface DrillFlags extends SnapshotFlags {
  readonly checkImage?: string;
  readonly checkCommand?: string;
  readonly checkTimeout?: number;
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
  return checked(RestoreRequestSchema, {
    ...snapshotFlags(claim, flags, declared),
    ...given({ accessModes: flags.accessMode, whenNoSnapshot: flags.whenNoSnapshot }),
  });
}

/** `check` is what the schedule of the source's drills says; flags go before it, one by one. */
export function drillRequest(
  claim: string,
  flags: DrillFlags,
  declared?: BackupRequest,
  check?: DrillCheckInput,
): DrillRequest {
  const said = given({
    image: flags.checkImage,
    command: flags.checkCommand === undefined ? undefined : ['sh', '-c', flags.checkCommand],
    timeoutSeconds: flags.checkTimeout,
  });
  const wanted = { ...(check && flags.checkImage === undefined ? check : {}), ...said };
  return checked(DrillRequestSchema, {
    ...snapshotFlags(claim, flags, declared),
    ...(Object.keys(wanted).length > 0 && { check: wanted }),
  });
}

function snapshotFlags(claim: string, flags: SnapshotFlags, declared: BackupRequest | undefined) {
  const snapshot = given({ id: flags.snapshot, asOf: flags.asOf, previous: flags.previous });
  return {
    ...(declared && volumeOf(declared)),
    ...volumeFlags(claim, flags),
    ...(Object.keys(snapshot).length > 0 && { snapshot }),
    ...given({ capacity: flags.capacity, storageClassName: flags.storageClass }),
  };
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

export function verificationRequest(flags: {
  readonly repository?: string;
  readonly deep?: boolean;
  readonly parts?: number;
}): VerificationRequest {
  if (flags.parts !== undefined && !flags.deep) {
    throw new UsageError('--parts is for a deep verification', 'Add --deep, or leave --parts out.');
  }
  return checked(
    VerificationRequestSchema,
    given({
      repository: flags.repository,
      mode: flags.deep ? VerificationMode.Deep : undefined,
      parts: flags.parts,
    }),
  );
}

const volumeFlags = (claim: string, flags: VolumeFlags) => ({
  claim,
  ...given({
    namespace: flags.namespace,
    source: flags.source,
    repository: flags.repository,
    secretName: flags.secret,
    repositoryClaim: flags.repositoryClaim,
  }),
});

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
