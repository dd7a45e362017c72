import { z } from 'zod';
import { objectName } from './kubernetes-values.ts';
import { DEFAULT_REPOSITORY } from './volume-request.ts';

/** The input of `initRepository`: `{"repository":"kopia"}`. */
export const InitRequestSchema = z.strictObject({
  repository: objectName(63).default(DEFAULT_REPOSITORY),
  /** Makes a repository that exists already the known one; nothing is created. */
  adopt: z.boolean().default(false),
});

export type InitRequest = z.input<typeof InitRequestSchema>;
export type ResolvedInit = Readonly<z.output<typeof InitRequestSchema>>;

/** Validates and completes a request. Throws ZodError; `describeInvalid` turns that into one sentence. */
export const resolveInit = (input: unknown): ResolvedInit => InitRequestSchema.parse(input, { reportInput: true });
