import { z } from 'zod';
import { CRON_ADMISSION, CRON_PROBLEM } from '../cron-schedule.ts';
import { moverFields } from './mover-fields.ts';
import { flag, list, open, text } from './values.ts';

const cron = (description: string) => z.string().regex(CRON_ADMISSION, CRON_PROBLEM).meta({ description }).optional();

/** A whole number from 1. */
const amount = (description: string, most: number) =>
  z
    .int()
    .min(1, `must be 1 to ${most}`)
    .max(most, `must be 1 to ${most}`)
    .meta({ description, format: 'int32' })
    .optional();

/** Where a repository, or a replica of it, lies. */
const place = {
  secretName: text('Secret of the same namespace with KOPIA_PASSWORD. Default: kopia-secret.'),
  volume: open('The volume that it lies in.', {
    claimName: text(
      "A claim of the same namespace. Default: where the Secret names no object store, the object's own name.",
    ),
    nfs: open('A folder of an NFS server, instead of a claim.', {
      server: text('Name or address of the server.'),
      path: text('Absolute path that the server exports.'),
    }).optional(),
  }).optional(),
};

const maintenance = open('What keeps the repository small and fast.', {
  paused: flag('No maintenance is started while it is true.'),
  quickSchedule: cron('When quick maintenance runs: `17 * * * *` where left out.'),
  fullSchedule: cron('When full maintenance runs: `37 2 * * *` where left out.'),
});

const verification = open('What proves that the repository can be read.', {
  paused: flag('No verification is started while it is true.'),
  quickSchedule: cron('When indexes, manifests and folders are read: `47 */6 * * *` where left out.'),
  deepSchedule: cron('When a share of the contents is read: `7 4 * * *` where left out.'),
  readAllWithinDays: amount('Days within which deep verification has read every content once. Default: 30.', 366),
});

const check = open('A program that is run on what every drill of this repository restored.', {
  image: text('Image of the program.'),
  command: list('Program and its words, without a shell.'),
  args: list('More words.'),
  mountPath: text('Where the restored data is mounted, writable. Default: /data.'),
  timeoutSeconds: amount('How long it may run, seconds. Default: 600.', 86_400),
  resources: moverFields.moverResources,
});

const drills = open('Rehearsals: each application is restored into a throw-away claim and compared.', {
  paused: flag('No drill is started while it is true.'),
  schedule: cron('When drills run: once a month where left out, each source at a day and hour of its own.'),
  check: check.optional(),
});

/** `spec` of a KopiaRepository. Every field may be left out. */
export const RepositorySpec = z
  .object({
    ...place,
    maintenance: maintenance.optional(),
    verification: verification.optional(),
    drills: drills.optional(),
    moverSecurityContext: moverFields.moverSecurityContext,
    moverServiceAccount: moverFields.moverServiceAccount,
    moverResources: moverFields.moverResources,
    moverAffinity: moverFields.moverAffinity,
    cacheCapacity: moverFields.cacheCapacity,
  })
  .meta({ description: 'Where the repository lies, and how it is cared for.' });
