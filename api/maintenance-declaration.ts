import { z } from 'zod';
import { namespaceName, objectName } from './kubernetes-values.ts';
import { labelValue, moverRequestFields } from './mover-request.ts';
import { volumeFields } from './volume-request.ts';

/** What a declared maintenance says of its repository, its pod and its limits. */
export const MaintenanceDeclarationSchema = z.strictObject({
  namespace: namespaceName,
  name: objectName(),
  /** Secret of the same namespace. */
  secretName: objectName(),
  /** The repository's volume; neither where the Secret's KOPIA_REPOSITORY says all, or the policy injects it. */
  repositoryClaim: objectName().optional(),
  ...moverRequestFields,
  moverSecurityContext: volumeFields.moverSecurityContext,
  nodeSelector: z.record(z.string(), labelValue).default({}),
  /** As in a pod; the API server judges them. */
  tolerations: z.array(z.record(z.string(), z.unknown())).default([]),
  cache: volumeFields.cache,
  /** A claim that holds the cache; of `cache` only the limits count then. */
  cacheClaim: objectName().optional(),
  /** Jobs that are kept. */
  successfulJobsHistoryLimit: z.number().int().min(0, 'must be at least 0').default(3),
  failedJobsHistoryLimit: z.number().int().min(0, 'must be at least 0').default(1),
  activeDeadlineSeconds: z.number().int().min(600, 'must be at least 600').default(10_800),
});
export type MaintenanceDeclaration = z.output<typeof MaintenanceDeclarationSchema>;
