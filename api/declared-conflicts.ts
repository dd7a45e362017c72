import { DeclaredKind } from './declared-object.ts';
import { identityOfSource } from './destination-identity.ts';
import { formatIdentity } from './identity.ts';
import type { InvalidField } from './invalid.ts';
import type { DeclaredDestination } from './replication-destination.ts';
import type { DeclaredSource } from './replication-source.ts';
import { DEFAULT_REPOSITORY } from './volume-request.ts';

/** A declared object and its `metadata.creationTimestamp`, RFC 3339 in whole seconds as Kubernetes writes it. */
export interface Dated<Declared> {
  readonly declared: Declared;
  readonly creationTimestamp: string;
}

/** An object that must not act because an elder one does. */
export interface Conflict {
  readonly kind: DeclaredKind;
  readonly namespace: string;
  readonly name: string;
  /** At least one; each names the other object and the remedy. */
  readonly problems: readonly InvalidField[];
}

interface Named {
  readonly namespace: string;
  readonly name: string;
}

/** What keeps `younger` from acting beside `elder`. */
type Clash<Declared> = (younger: Declared, elder: Declared) => readonly InvalidField[];

/**
 * The objects that claim what an elder one has already (pure, whatever the order of the input): the same identity in one
 * repository, one claim twice into one repository, one claim restored twice. Age decides, then namespace and name. What
 * is held itself holds nobody.
 */
export function findConflicts(
  sources: readonly Dated<DeclaredSource>[],
  destinations: readonly Dated<DeclaredDestination>[],
): Conflict[] {
  return [
    ...held(DeclaredKind.source, sources, clashOfSources, keysOfSource),
    ...held(DeclaredKind.destination, destinations, clashOfDestinations, keysOfDestination),
  ];
}

/** Only objects that share a key can clash, so each is compared with a handful and not with all. */
function held<Declared extends Named>(
  kind: DeclaredKind,
  objects: readonly Dated<Declared>[],
  clash: Clash<Declared>,
  keysOf: (declared: Declared) => readonly string[],
): Conflict[] {
  /** Those that act, each with its place among them. */
  const acting = new Map<string, Map<Declared, number>>();
  const conflicts: Conflict[] = [];
  for (const [place, { declared }] of [...objects].sort(byAge).entries()) {
    const keys = keysOf(declared);
    const elders = new Map(keys.flatMap((key) => [...(acting.get(key) ?? [])]));
    const byPlace = [...elders].sort(([, a], [, b]) => a - b);
    const problems = byPlace.flatMap(([elder]) => clash(declared, elder));
    if (problems.length > 0) {
      conflicts.push({ kind, namespace: declared.namespace, name: declared.name, problems });
      continue;
    }
    for (const key of keys) acting.set(key, (acting.get(key) ?? new Map()).set(declared, place));
  }
  return conflicts;
}

const keysOfSource = (source: DeclaredSource): string[] => [
  `claim ${source.namespace}/${source.request.claim}`,
  `identity ${formatIdentity(identityOfSource(source))}`,
];

const keysOfDestination = ({ namespace, claim }: DeclaredDestination): string[] =>
  claim === undefined ? [] : [`claim ${namespace}/${claim}`];

function byAge(a: Dated<Named>, b: Dated<Named>): number {
  const key = ({ declared, creationTimestamp }: Dated<Named>) => [creationTimestamp, declared.namespace, declared.name];
  const [left, right] = [key(a), key(b)];
  const index = left.findIndex((part, position) => part !== right[position]);
  return index < 0 ? 0 : left[index]! < right[index]! ? -1 : 1;
}

const clashOfSources: Clash<DeclaredSource> = (younger, elder) => {
  const { secretName, claim } = younger.request;
  if (secretName !== elder.request.secretName) return [];
  const sameNamespace = younger.namespace === elder.namespace;
  const problems: InvalidField[] = [];
  const identity = formatIdentity(identityOfSource(younger));
  const sameVolume = repositoryPlace(younger) === repositoryPlace(elder);
  if ((sameNamespace || sameVolume) && identity === formatIdentity(identityOfSource(elder))) {
    const message = `would file snapshots as ${identity}, as does ${theOther(DeclaredKind.source, elder)} in the same repository: give one of them another username, hostname or sourcePathOverride, or delete one`;
    problems.push({ field: 'spec.kopia.username', message });
  }
  if (sameNamespace && claim === elder.request.claim) {
    const message = `'${claim}' is backed up into the repository of Secret '${secretName}' by ${theOther(DeclaredKind.source, elder)}: delete one of them, or name another repository's Secret in spec.kopia.repository`;
    problems.push({ field: 'spec.sourcePVC', message });
  }
  return problems;
};

const clashOfDestinations: Clash<DeclaredDestination> = (younger, elder) => {
  if (younger.namespace !== elder.namespace || younger.claim === undefined || younger.claim !== elder.claim) return [];
  const message = `'${younger.claim}' is restored by ${theOther(DeclaredKind.destination, elder)}: delete one of them, or name another claim`;
  return [{ field: 'spec.kopia.destinationPVC', message }];
};

const repositoryPlace = ({ request: { repositoryClaim, repositoryNfs } }: DeclaredSource): string =>
  repositoryNfs ? `${repositoryNfs.server}:${repositoryNfs.path}` : (repositoryClaim ?? DEFAULT_REPOSITORY);

const theOther = (kind: DeclaredKind, { namespace, name }: Named): string =>
  `the older ${kind} ${namespace}/${name}, which acts`;
