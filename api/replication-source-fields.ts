/** Which fields of `spec.kopia` of a ReplicationSource become which fields of a BackupRequest (compatibility.md 1.3). */
import type { SourceKopia } from './crds/source-spec.ts';
import { type Fields, present, SHARED_PATHS, sharedRequestFields, type Unvalidated } from './declared-fields.ts';

/** Request path → manifest path. What is not named here lies under `spec.kopia` with the request's own path. */
export const SOURCE_PATHS: Readonly<Record<string, string>> = {
  ...SHARED_PATHS,
  source: 'metadata.name',
  claim: 'spec.sourcePVC',
  'identity.path': 'spec.kopia.sourcePathOverride',
};

const RETAIN_TIERS = ['latest', 'hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const;

/** The request's fields as they stand in `spec.kopia`, not validated yet. */
export const requestFields = (kopia: Unvalidated<typeof SourceKopia.shape>): Fields =>
  present({
    ...sharedRequestFields(kopia),
    copyMethod: kopia.copyMethod === 'None' ? 'Direct' : kopia.copyMethod,
    retain: retention(kopia.retain),
    compression: kopia.compression,
    parallelism: kopia.parallelism,
    identity: present({
      username: kopia.username,
      hostname: kopia.hostname,
      path: kopia.sourcePathOverride,
    }),
  });

/**
 * Tiers that a declared `retain` leaves out keep nothing. (In VolSync they fall back to Kopia's own defaults, about
 * three years of monthly and annual snapshots; what that removes is held for approval by the run itself.)
 */
function retention(retain: unknown): unknown {
  if (typeof retain !== 'object' || retain === null || Array.isArray(retain)) return retain ?? undefined;
  const declared = present(retain as Fields);
  if (Object.keys(declared).length === 0) return undefined;
  return { ...Object.fromEntries(RETAIN_TIERS.map((tier) => [tier, 0])), ...declared };
}
