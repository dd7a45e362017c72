import { z } from 'zod';
import { conditions } from './status.ts';

const time = (description: string) => z.iso.datetime({ offset: true }).meta({ description }).optional();
const words = (description: string) => z.string().meta({ description }).optional();
const amount = (description: string) => z.int().meta({ description }).optional();

const careRun = (description: string) =>
  z
    .object({
      lastTime: time('End of the last run that ended well.'),
      lastDurationSeconds: amount('How long it took.'),
      lastResult: words('How the newest run ended: Successful or Failed.'),
      lastEndTime: time('When the newest run ended.'),
      message: words('What the newest run says of itself; a failure begins with its type and a colon.'),
      nextTime: time('When the next one is due.'),
    })
    .meta({ description })
    .optional();

const content = z
  .object({
    identities: amount('How many identities have snapshots.'),
    snapshots: amount('How many snapshots there are.'),
    logicalBytes: amount('Size of what the newest snapshot of each identity holds.'),
    storedBytes: amount('Bytes of the repository where it is stored.'),
    stored: words('The same for people, with deduplication and compression.'),
    blobs: amount('Files or objects of the repository.'),
    indexBlobs: amount('Of these, index blobs; many of them mean that maintenance does not run.'),
    observedTime: time('When this was counted.'),
  })
  .meta({ description: 'What the repository holds.' })
  .optional();

const verification = z
  .object({
    parts: amount('How many deep verifications read everything together.'),
    nextPart: amount('The part that the next one reads, from 0.'),
    roundStartTime: time('When the first part of the present round was read.'),
    allReadTime: time('When everything had been read once, last time.'),
  })
  .meta({ description: 'How far the round of deep verifications is.' })
  .optional();

const damage = z
  .array(
    z.object({
      found: words('The verification that found it: quick, or the part of the data.'),
      time: time('When.'),
      message: words('What is damaged, in one sentence.'),
      identities: z.array(z.string()).meta({ description: 'Whose snapshots it touches.' }),
      snapshots: amount('How many snapshots it touches.'),
      blobs: z.array(z.string()).meta({ description: 'Blobs that are missing or corrupt; the first few.' }),
    }),
  )
  .meta({ description: 'Damage that was found and not found gone since.' })
  .optional();

/** `status` of a KopiaRepository. */
export const RepositoryStatus = z
  .object({
    conditions,
    uniqueId: words('Unique id of the repository, as `stowage init` recorded it.'),
    content,
    verification,
    damage,
    care: z
      .object({
        quickMaintenance: careRun('Quick maintenance.'),
        fullMaintenance: careRun('Full maintenance.'),
        quickVerification: careRun('Verification of indexes, manifests and folders.'),
        deepVerification: careRun('Verification of contents.'),
      })
      .meta({ description: 'The runs that keep it healthy.' })
      .optional(),
  })
  .meta({ description: 'How the repository is.' });
