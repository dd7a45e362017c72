import { z } from 'zod';
import { moverFields, otherMoverFields } from './mover-fields.ts';
import { absolutePath, identityFields, trigger } from './source-spec.ts';
import { count, flag, isSet, list, notHonoured, open, patterned, type Rule, size, text } from './values.ts';

/** Clone passes this enumeration, so that its rule can say what to write instead. */
const COPY_METHODS = ['Snapshot', 'Direct', 'None', 'Clone'] as const;

export const COPY_METHOD_PROBLEM = 'must be Snapshot or Direct (None means Direct)';
const NOT_CLONE = `copyMethod: ${COPY_METHOD_PROBLEM}: a destination has nothing that could be cloned`;
export const PAIR_PROBLEM = 'give username and hostname together, or neither';
export const SOURCE_NAME_PROBLEM =
  'is needed where sourceIdentity is set: name the ReplicationSource whose snapshots are wanted';

const DATE_TIME = '\\d{4}-\\d{2}-\\d{2}[Tt]\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?([Zz]|[+-]\\d{2}:\\d{2})';

const IDENTITY = ['sourceNamespace', 'sourcePVCName', 'sourcePathOverride'] as const;

const RULES: readonly Rule[] = [
  { rule: "!has(self.copyMethod) || self.copyMethod != 'Clone'", message: NOT_CLONE },
  { rule: `(${isSet('username')}) == (${isSet('hostname')})`, message: PAIR_PROBLEM },
  {
    rule: `!has(self.sourceIdentity) || ${isSet('sourceIdentity.sourceName')} || ${isSet('username')} || !(${IDENTITY.map((field) => isSet(`sourceIdentity.${field}`)).join(' || ')})`,
    message: `sourceIdentity: sourceName ${SOURCE_NAME_PROBLEM}`,
  },
];

const sourceIdentity = open('Whose snapshots are wanted: those of a ReplicationSource.', {
  sourceName: text('Name of the ReplicationSource.'),
  sourceNamespace: text("Its namespace. Default: the destination's."),
  sourcePathOverride: absolutePath("Path under which it files its snapshots. Default: the source's own."),
  sourcePVCName: notHonoured(
    z.string(),
    'is not used (nor is it in VolSync): the identity follows from sourceName',
  ).optional(),
}).optional();

/** `spec.kopia` of a ReplicationDestination (compatibility.md 1.4). */
export const DestinationKopia = open(
  'Restore with Kopia.',
  {
    copyMethod: z
      .enum(COPY_METHODS, COPY_METHOD_PROBLEM)
      .refine((method) => method !== 'Clone', NOT_CLONE.slice('copyMethod: '.length))
      .meta({ description: 'Direct (or None): the volume itself. Snapshot: a VolumeSnapshot of it. Must be set.' }),
    repository: text(
      "Secret of the same namespace with the key KOPIA_PASSWORD and the repository's place. Default: the source's.",
    ),
    destinationPVC: text(
      'The claim to restore when it is missing. Without it: claims that name this destination as their dataSourceRef.',
    ),
    capacity: size('Size of the restored claim. Default: what the backup recorded.'),
    storageClassName: text('Storage class of the restored claim. Default: what the backup recorded.'),
    accessModes: list('Access modes of the restored claim. Default: what the backup recorded.', 1),
    volumeSnapshotClassName: text("Class of the VolumeSnapshot, with copyMethod Snapshot. Default: the cluster's."),
    cleanupTempPVC: flag('Honoured always: nothing temporary is left after a restore.'),
    cleanupCachePVC: flag('Honoured always: the cache goes with the mover.'),
    enableFileDeletion: flag('Honoured always: a restore fills a fresh volume.'),
    restoreAsOf: patterned(
      DATE_TIME,
      'must be an RFC 3339 time such as 2026-11-23T12:00:00Z',
      'The newest snapshot that was started at or before this time, RFC 3339.',
    ),
    previous: count('How many of the newest to skip, after restoreAsOf. Default: 0.'),
    sourceIdentity,
    ...identityFields({ username: 'that of its source', hostname: 'that of its source' }),
    ...moverFields,
    shallow: notHonoured(
      z.int32(),
      'is not used (nor is it in VolSync): the whole snapshot is restored; choose another one with previous or restoreAsOf',
    ).optional(),
  },
  RULES,
);

/** `spec` of a ReplicationDestination. */
export const DestinationSpec = z
  .object({
    paused: flag('No run starts while it is true.'),
    trigger: trigger(
      'Not honoured: a destination restores when its claim is missing, and once for each new value of manual.',
      'Any new value starts one restore.',
    ),
    kopia: DestinationKopia,
    ...otherMoverFields,
  })
  .meta({ description: 'What to bring back, and into what.' });
