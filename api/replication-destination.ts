import { DestinationSpec, PAIR_PROBLEM, SOURCE_NAME_PROBLEM } from './crds/destination-spec.ts';
import { partFields } from './crds/known-fields.ts';
import { asFields, type Fields, present, shown, type UnsupportedField } from './declared-fields.ts';
import { gatherProblems, manifestLabel, type ReadingOptions, readTrigger, reasonNotOurs } from './declared-manifest.ts';
import { DeclaredKind } from './declared-object.ts';
import { readVolumes } from './declared-repository.ts';
import type { InvalidField } from './invalid.ts';
import { DESTINATION_PATHS, restoreFields, unsupportedTrigger } from './replication-destination-fields.ts';
import { type RestoreRequest, RestoreRequestSchema } from './restore-request.ts';

/** Whose snapshots a destination says that it wants; `resolveDestination` makes an identity of it. */
export type DeclaredIdentity =
  /** `username` and `hostname`, word for word. */
  | { readonly kind: 'Explicit'; readonly username: string; readonly hostname: string; readonly path?: string }
  /** `sourceIdentity`: those of a ReplicationSource. */
  | { readonly kind: 'Source'; readonly namespace: string; readonly name: string; readonly path?: string }
  | { readonly kind: 'Unsaid' };

/** Everything of a RestoreRequest but the claim, the identity and what one run is told. */
export type RestoreTemplate = Omit<
  RestoreRequest,
  'claim' | 'identity' | 'declared' | 'manual' | 'deliver' | 'whenNoSnapshot' | 'neighbours'
>;

/** A destination as declared, ready for `resolveDestination`. */
export interface DeclaredDestination {
  readonly namespace: string;
  readonly name: string;
  /** `spec.kopia.destinationPVC`; absent: claims that name it as their dataSourceRef, or its image. */
  readonly claim?: string;
  /** None is Direct. */
  readonly copyMethod: 'Snapshot' | 'Direct';
  /** Without `secretName` where the destination leaves it to its source. */
  readonly template: RestoreTemplate;
  readonly identity: DeclaredIdentity;
  /** `spec.trigger.manual`: one restore for each new value. */
  readonly manual?: string;
  readonly paused: boolean;
  readonly cleanupTempPVC: boolean;
  readonly cleanupCachePVC: boolean;
  readonly unsupported: readonly UnsupportedField[];
}

export type DestinationReading =
  | { readonly kind: 'Destination'; readonly destination: DeclaredDestination }
  /** Another kind, or another mover's: not touched. */
  | { readonly kind: 'NotOurs'; readonly reason: string }
  | { readonly kind: 'Invalid'; readonly name: string; readonly problems: readonly InvalidField[] };

/** Stands for the claim where the destination names none, so that all the rest can be validated. */
const SOME_CLAIM = 'claim';

/**
 * Reads a `ReplicationDestination` (volsync.backube/v1alpha1) with `spec.kopia` as it stands in git or in the cluster.
 * Pure; all problems at once, each with its path in the manifest. The rules are those of compatibility.md 1.4.
 */
export function readReplicationDestination(manifest: unknown, options: ReadingOptions = {}): DestinationReading {
  const notOurs = reasonNotOurs(asFields(manifest), DeclaredKind.destination);
  if (notOurs) return { kind: 'NotOurs', reason: notOurs };

  const metadata = asFields(asFields(manifest).metadata);
  const declared = asFields(asFields(manifest).spec);
  const parted = partFields(DestinationSpec, declared, 'spec');
  const spec = asFields(parted.known);
  const kopia = asFields(spec.kopia);
  const namespace = metadata.namespace ?? options.defaultNamespace;
  const volumes = readVolumes(kopia);
  const { manual } = readTrigger(asFields(spec.trigger), options.defaultTimeZone);
  const identity = readIdentity(kopia, asFields(asFields(declared.kopia).sourceIdentity), namespace);

  const template = present({
    ...restoreFields(kopia),
    ...volumes.fields,
    namespace,
    destination: metadata.name,
    repository: options.repository,
  });
  const { destinationPVC, sourceIdentity, username, hostname } = kopia;
  const validated = RestoreRequestSchema.safeParse(
    {
      ...template,
      claim: destinationPVC ?? SOME_CLAIM,
      identity: present({ username, hostname, path: asFields(sourceIdentity).sourcePathOverride }),
    },
    { reportInput: true },
  );
  const paths = { ...DESTINATION_PATHS, ...volumes.paths };
  const problems = gatherProblems({
    metadata,
    schema: DestinationSpec,
    spec,
    own: identity.problems,
    request: validated,
    paths,
  });
  if (problems.length > 0) return { kind: 'Invalid', name: manifestLabel(namespace, metadata.name), problems };

  return {
    kind: 'Destination',
    destination: {
      namespace: String(namespace),
      name: String(metadata.name),
      ...(destinationPVC === undefined ? {} : { claim: String(destinationPVC) }),
      copyMethod: kopia.copyMethod === 'Snapshot' ? 'Snapshot' : 'Direct',
      template: template as RestoreTemplate,
      identity: identity.identity,
      ...(manual !== undefined && { manual }),
      paused: spec.paused === true,
      cleanupTempPVC: kopia.cleanupTempPVC === true,
      cleanupCachePVC: kopia.cleanupCachePVC === true,
      unsupported: [...parted.unsupported, ...volumes.unsupported, ...unsupportedTrigger(spec)],
    },
  };
}

interface IdentityReading {
  readonly identity: DeclaredIdentity;
  readonly problems: readonly InvalidField[];
}

/** Explicit names win over `sourceIdentity`, as in VolSync. `declared` is that block with the fields that have no effect. */
function readIdentity(kopia: Fields, declared: Fields, namespace: unknown): IdentityReading {
  const { username, hostname, sourceIdentity } = kopia;
  const { sourceName, sourceNamespace, sourcePathOverride } = asFields(sourceIdentity);
  const path = sourcePathOverride === undefined ? {} : { path: shown(sourcePathOverride) };
  if (username !== undefined && hostname !== undefined) {
    const identity = { kind: 'Explicit', username: shown(username), hostname: shown(hostname), ...path } as const;
    return { identity, problems: [] };
  }
  const unsaid = { kind: 'Unsaid' } as const;
  if (username !== undefined || hostname !== undefined) {
    const [given, missing] = username === undefined ? ['hostname', 'username'] : ['username', 'hostname'];
    const message = `is needed because ${given} is set: ${PAIR_PROBLEM}`;
    return { identity: unsaid, problems: [{ field: `spec.kopia.${missing}`, message }] };
  }
  if (sourceName !== undefined) {
    const from = sourceNamespace === undefined ? namespace : sourceNamespace;
    const identity = { kind: 'Source', namespace: shown(from), name: shown(sourceName), ...path } as const;
    return { identity, problems: [] };
  }
  if (Object.keys(present(declared)).length === 0) return { identity: unsaid, problems: [] };
  const field = 'spec.kopia.sourceIdentity.sourceName';
  return { identity: unsaid, problems: [{ field, message: SOURCE_NAME_PROBLEM }] };
}
