import { z } from 'zod';
import { CRON_ADMISSION, CRON_PROBLEM } from '../cron-schedule.ts';
import { IDENTITY_PART, IDENTITY_PART_PROBLEM } from '../volume-request.ts';
import { moverFields, otherMoverFields } from './mover-fields.ts';
import { count, flag, isSet, list, notHonoured, opaque, open, patterned, type Rule, size, text } from './values.ts';

const COPY_METHODS = ['Snapshot', 'Clone', 'Direct', 'None'] as const;

const TIERS = ['latest', 'hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const;

const KEEPS_SOMETHING: Rule = {
  rule: `!(${TIERS.map((tier) => `has(self.${tier})`).join(' || ')}) || ${TIERS.map((tier) => `(has(self.${tier}) && self.${tier} != 0)`).join(' || ')}`,
  message: 'retain: every tier is 0, which would keep no snapshot at all: keep at least one',
};

const retain = z
  .looseObject({
    latest: count('How many of the newest.'),
    hourly: count('How many hours with a snapshot.'),
    daily: count('How many days with a snapshot.'),
    weekly: count('How many weeks with a snapshot.'),
    monthly: count('How many months with a snapshot.'),
    yearly: count('How many years with a snapshot.'),
  })
  .meta({
    description: 'Which snapshots are kept. Tiers that are left out keep none. Default: hourly 24, daily 7.',
    'x-kubernetes-preserve-unknown-fields': true,
    'x-kubernetes-validations': [KEEPS_SOMETHING],
  })
  .optional();

export const identityFields = (names: { readonly username: string; readonly hostname: string }) => ({
  username: patterned(
    IDENTITY_PART,
    IDENTITY_PART_PROBLEM,
    `User name in Kopia, word for word. Default: ${names.username}.`,
  ),
  hostname: patterned(
    IDENTITY_PART,
    IDENTITY_PART_PROBLEM,
    `Host name in Kopia, word for word. Default: ${names.hostname}.`,
  ),
});

export const absolutePath = (description: string) => patterned('/.*', 'must start with "/"', description);

export const trigger = (schedule: string, manual: string) =>
  z
    .object({
      schedule: z.string().regex(CRON_ADMISSION, CRON_PROBLEM).meta({ description: schedule }).optional(),
      manual: text(manual),
    })
    .meta({ description: 'What starts a run.' })
    .optional();

/** `spec.kopia` of a ReplicationSource (compatibility.md 1.3). */
export const SourceKopia = open('Backup with Kopia.', {
  copyMethod: z
    .enum(COPY_METHODS, 'must be Snapshot, Clone, Direct or None')
    .meta({ description: 'How a point in time is taken; Direct (or None) reads the live volume. Must be set.' }),
  repository: z.string('must name the repository Secret').meta({
    description: "Secret of the same namespace with the key KOPIA_PASSWORD and the repository's place. Must be set.",
  }),
  capacity: size("Size of the point-in-time volume. Default: the source claim's."),
  storageClassName: text("Storage class of the point-in-time volume. Default: the source claim's."),
  accessModes: list("Access modes of the point-in-time volume. Default: the source claim's.", 1),
  volumeSnapshotClassName: text("Class of the VolumeSnapshot. Default: the cluster's."),
  retain,
  compression: text('Compressor of new data. Default: zstd-fastest.'),
  parallelism: count('How many files are read at once. Default: 2.'),
  ...identityFields({ username: "the source's name", hostname: "the source's namespace" }),
  sourcePathOverride: absolutePath('Path under which snapshots are filed. Default: /data.'),
  ...moverFields,
  actions: notHonoured(
    open('', {
      beforeSnapshot: text('Command before the snapshot.'),
      afterSnapshot: text('Command after the snapshot.'),
    }),
    'is not run: movers have no shell; quiesce the application by other means',
  ).optional(),
  maintenanceIntervalDays: notHonoured(z.int(), 'was removed from VolSync: maintenance is per repository').optional(),
  maintenanceCronJob: notHonoured(
    opaque('').unwrap(),
    'was removed from VolSync: maintenance is per repository',
  ).optional(),
});

const NEEDS_CLAIM: Rule = {
  rule: `!has(self.kopia) || ${isSet('sourcePVC')}`,
  message: 'sourcePVC: name the claim to back up',
};

/** `spec` of a ReplicationSource. */
export const SourceSpec = z
  .object({
    sourcePVC: z
      .string('must name the claim to back up')
      .meta({ description: 'The claim to back up. Needed with kopia.' }),
    paused: flag('No run starts while it is true.'),
    trigger: trigger(
      'Five cron fields or a form such as @hourly; `CRON_TZ=Area/City` in front of it sets the time zone.',
      'Any new value starts one backup; while it is set the schedule is held.',
    ),
    kopia: SourceKopia,
    ...otherMoverFields,
    syncthing: opaque('Another mover, not touched by Stowage.'),
  })
  .meta({ description: 'What to back up, when, and what to keep.', 'x-kubernetes-validations': [NEEDS_CLAIM] });
