/** Which fields of `spec.kopia` of a ReplicationDestination become which fields of a RestoreRequest (compatibility.md 1.4). */
import type { DestinationKopia } from './crds/destination-spec.ts';
import {
  asFields,
  type Fields,
  present,
  SHARED_PATHS,
  sharedRequestFields,
  type UnsupportedField,
  type Unvalidated,
} from './declared-fields.ts';

/** Request path → manifest path. What is not named here lies under `spec.kopia` with the request's own path. */
export const DESTINATION_PATHS: Readonly<Record<string, string>> = {
  ...SHARED_PATHS,
  destination: 'metadata.name',
  claim: 'spec.kopia.destinationPVC',
  'identity.path': 'spec.kopia.sourceIdentity.sourcePathOverride',
  'snapshot.asOf': 'spec.kopia.restoreAsOf',
  'snapshot.previous': 'spec.kopia.previous',
};

/** The request's fields as they stand in `spec.kopia`, not validated yet. */
export const restoreFields = (kopia: Unvalidated<typeof DestinationKopia.shape>): Fields =>
  present({
    ...sharedRequestFields(kopia),
    snapshot: present({ asOf: kopia.restoreAsOf, previous: kopia.previous }),
  });

/** What of a destination's trigger has no effect. */
export function unsupportedTrigger(spec: Fields): UnsupportedField[] {
  const trigger = present(asFields(spec.trigger));
  const whatHappens = 'its claim is restored whenever it is missing, and once for each new trigger.manual';
  if (trigger.schedule !== undefined)
    return [{ field: 'spec.trigger.schedule', message: `is not used on a destination: ${whatHappens}` }];
  if (trigger.manual !== undefined) return [];
  const message = `is absent, which in VolSync means one restore right after the other: ${whatHappens}`;
  return [{ field: 'spec.trigger', message }];
}
