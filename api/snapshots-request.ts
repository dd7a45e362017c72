import { z } from 'zod';
import { type ResolvedNames, resolveNames, volumeFields } from './volume-request.ts';

/** The input of `listSnapshots`: `{"namespace":"demo","claim":"app-config"}` is enough. */
export const SnapshotsRequestSchema = z.strictObject({
  namespace: volumeFields.namespace,
  claim: volumeFields.claim,
  source: volumeFields.source,
  repository: volumeFields.repository,
  identity: volumeFields.identity,
});

export type SnapshotsRequest = z.input<typeof SnapshotsRequestSchema>;
export type ResolvedSnapshots = Readonly<z.output<typeof SnapshotsRequestSchema> & Pick<ResolvedNames, 'identity'>>;

/** Validates and completes a request. Throws ZodError; `describeInvalid` turns that into one sentence. */
export function resolveSnapshots(input: unknown): ResolvedSnapshots {
  const request = SnapshotsRequestSchema.parse(input, { reportInput: true });
  return { ...request, identity: resolveNames(request).identity };
}
