import { z } from 'zod';
import { namespaceName, objectName } from './kubernetes-values.ts';
import { MAX_PARTS } from './verify-report.ts';
import { DEFAULT_REPOSITORY } from './volume-request.ts';

export const MaintenanceMode = { Quick: 'Quick', Full: 'Full' } as const;
export type MaintenanceMode = (typeof MaintenanceMode)[keyof typeof MaintenanceMode];

export const VerificationMode = { Quick: 'Quick', Deep: 'Deep' } as const;
export type VerificationMode = (typeof VerificationMode)[keyof typeof VerificationMode];

/** The object that says where a repository lies is the KopiaRepository of this name in Stowage's own namespace. */
const repository = objectName(63).default(DEFAULT_REPOSITORY);

/** The KopiaMaintenance that a run answers; what it declares when the run begins is what counts. */
const declaredBy = z.strictObject({
  namespace: namespaceName,
  name: objectName(),
  /** The value of `spec.trigger.manual` that the run was started for. */
  manual: z.string().optional(),
});
export type MaintenanceDeclarer = Readonly<z.output<typeof declaredBy>>;

/** The input of `maintainRepository`: `{"repository":"kopia","mode":"Full"}`. */
export const MaintenanceRequestSchema = z.strictObject({
  repository,
  /** A declared maintenance is quick and then full, as VolSync's, whatever is said here. */
  mode: z.enum(MaintenanceMode, 'must be Quick or Full').default(MaintenanceMode.Quick),
  /** Left out where the KopiaRepository says how; its schedules do. */
  declaredBy: declaredBy.optional(),
});
export type MaintenanceRequest = z.input<typeof MaintenanceRequestSchema>;
export type ResolvedMaintenance = Readonly<z.output<typeof MaintenanceRequestSchema>>;

/** Validates and completes a request. Throws ZodError; `describeInvalid` turns that into one sentence. */
export const resolveMaintenance = (input: unknown): ResolvedMaintenance =>
  MaintenanceRequestSchema.parse(input, { reportInput: true });

/** The input of `verifyRepository`: `{"repository":"kopia","mode":"Deep"}`. */
export const VerificationRequestSchema = z.strictObject({
  repository,
  mode: z.enum(VerificationMode, 'must be Quick or Deep').default(VerificationMode.Quick),
  /** Deep: how many runs read everything together, each the part after the last one; 1 reads all at once. */
  parts: z.int().min(1, `must be 1 to ${MAX_PARTS}`).max(MAX_PARTS, `must be 1 to ${MAX_PARTS}`).default(1),
});
export type VerificationRequest = z.input<typeof VerificationRequestSchema>;
export type ResolvedVerification = Readonly<z.output<typeof VerificationRequestSchema>>;

/** Validates and completes a request. Throws ZodError; `describeInvalid` turns that into one sentence. */
export const resolveVerification = (input: unknown): ResolvedVerification =>
  VerificationRequestSchema.parse(input, { reportInput: true });
