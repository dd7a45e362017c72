import { z } from 'zod';
import { amounts } from './mover-request.ts';
import { absolutePath } from './volume-request.ts';

/** Paths of the check's pod that hold something else already. */
const TAKEN = ['/', '/tmp'];

/** A program that a person names, run on the restored data: exit code 0 means that the data is good. */
export const drillCheck = z.strictObject({
  image: z
    .string('must name the image of the check')
    .regex(/^[^\s]+$/, 'must be the name of an image, such as alpine/sqlite:3.48.0'),
  /** Plain argv, no shell. */
  command: z.array(z.string(), 'must be a list of words, such as ["sh", "-c", "test -s /data/app.db"]').min(1, {
    message: 'must name a program: the entry point of an image proves nothing',
  }),
  args: z.array(z.string(), 'must be a list of words').default([]),
  /** Where the restored data is mounted, writable: it goes with the drill. */
  mountPath: absolutePath
    .refine((path) => !TAKEN.includes(path.replace(/\/+$/, '') || '/'), {
      message: `must be a folder of its own, not ${TAKEN.join(' or ')}`,
    })
    .default('/data'),
  /** From the start of its container, seconds. */
  timeoutSeconds: z.int().min(1).max(86_400).default(600),
  resources: z.strictObject({ requests: amounts.optional(), limits: amounts.optional() }).optional(),
});

export type DrillCheckInput = z.input<typeof drillCheck>;
export type DrillCheck = Readonly<z.output<typeof drillCheck>>;
