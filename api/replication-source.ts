import { type BackupRequest, BackupRequestSchema } from './backup-request.ts';
import { partFields } from './crds/known-fields.ts';
import { SourceSpec } from './crds/source-spec.ts';
import type { CronSchedule } from './cron-schedule.ts';
import { asFields, present, type UnsupportedField } from './declared-fields.ts';
import { gatherProblems, manifestLabel, type ReadingOptions, readTrigger, reasonNotOurs } from './declared-manifest.ts';
import { DeclaredKind } from './declared-object.ts';
import { readVolumes } from './declared-repository.ts';
import type { InvalidField } from './invalid.ts';
import { requestFields, SOURCE_PATHS } from './replication-source-fields.ts';

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

export type SourceReadingOptions = ReadingOptions;

const WITHOUT_TRIGGER: UnsupportedField = {
  field: 'spec.trigger',
  message: 'is absent, which in VolSync means one backup right after the other; the default schedule is used',
};

/**
 * Reads a `ReplicationSource` (volsync.backube/v1alpha1) with `spec.kopia` as it stands in git or in the cluster.
 * Pure; all problems at once, each with its path in the manifest. The rules are those of compatibility.md 1.2 and 1.3.
 */
export function readReplicationSource(manifest: unknown, options: SourceReadingOptions = {}): SourceReading {
  const notOurs = reasonNotOurs(asFields(manifest), DeclaredKind.source);
  if (notOurs) return { kind: 'NotOurs', reason: notOurs };

  const metadata = asFields(asFields(manifest).metadata);
  const parted = partFields(SourceSpec, asFields(manifest).spec, 'spec');
  const spec = asFields(parted.known);
  const kopia = asFields(spec.kopia);
  const namespace = metadata.namespace ?? options.defaultNamespace;
  const volumes = readVolumes(kopia);
  const trigger = readTrigger(asFields(spec.trigger), options.defaultTimeZone);

  const request = present({
    ...requestFields(kopia),
    ...volumes.fields,
    namespace,
    claim: spec.sourcePVC,
    source: metadata.name,
    repository: options.repository,
  });
  const validated = BackupRequestSchema.safeParse(request, { reportInput: true });
  const paths = { ...SOURCE_PATHS, ...volumes.paths };
  const problems = gatherProblems({
    metadata,
    schema: SourceSpec,
    spec,
    own: trigger.problems,
    request: validated,
    paths,
  });
  if (problems.length > 0) return { kind: 'Invalid', name: manifestLabel(namespace, metadata.name), problems };

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
      unsupported: [
        ...parted.unsupported,
        ...volumes.unsupported,
        ...(Object.keys(asFields(spec.trigger)).length === 0 ? [WITHOUT_TRIGGER] : []),
      ],
    },
  };
}
