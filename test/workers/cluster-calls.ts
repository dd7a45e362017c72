import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { kinds } from '../../activities/kubernetes/kinds.ts';
import type { WatchRules } from '../../activities/kubernetes/watched-reads.ts';
import type { Kind } from '../../activities/ports/cluster.ts';
import { DeclaredKind, MAINTENANCE_KIND } from '../../api/declared-object.ts';

/** `verb group/resource`, as RBAC says it: `watch snapshot.storage.k8s.io/volumesnapshots`, `get /pods/log`. */
export type Right = string;

/** What each method of the Cluster port asks of the API (activities/kubernetes/objects.ts, watch.ts, logs.ts). */
const VERBS: Readonly<Record<string, readonly string[]>> = {
  get: ['get'],
  list: ['list'],
  create: ['create'],
  patch: ['patch'],
  jsonPatch: ['patch'],
  applyStatus: ['patch /status'],
  delete: ['delete'],
  watch: ['list', 'watch'],
};

/** Functions of the activities that take the kind as an argument or a field, and the methods that they call with it. */
const GENERIC: Readonly<Record<string, readonly string[]>> = {
  removeObject: ['watch', 'delete'],
  remove: ['watch', 'delete'],
  removeLeftover: ['watch', 'delete'],
  obtain: ['create', 'get', 'watch', 'delete'],
  LiveSet: ['watch'],
  writeStatus: ['applyStatus'],
};

/** Only these files may call the port with a kind that is a variable; {@link GENERIC} speaks for them. */
const MAY_BE_GENERIC = [
  'volume/capture.ts',
  'volume/remove-object.ts',
  'declared/live-set.ts',
  'declared/status-writer.ts',
  'declared/stale-starts.ts',
];

const activities = fileURLToPath(new URL('../../activities/', import.meta.url));
const KIND = `'(${Object.keys(kinds).join('|')})'`;

/** Every right that the code which `entry` (a file of activities/) can reach asks for. Throws on a call that it can't read. */
export function rightsAskedBy(entry: string): Right[] {
  const rights = new Set<Right>();
  for (const file of reachable(resolve(activities, entry))) {
    const name = file.slice(activities.length);
    // The adapter itself, and what only declares.
    if (name.startsWith('kubernetes/') || name.startsWith('ports/')) continue;
    for (const [verb, kind] of callsOf(readFileSync(file, 'utf8'), name)) rights.add(rightOf(verb, kind));
  }
  return [...rights].sort();
}

/** What a watch of each kind asks for (activities/kubernetes/watched-reads.ts). */
export const rightsToWatch = (rules: WatchRules): Right[] =>
  (Object.keys(rules) as Kind[]).flatMap((kind) => (VERBS.watch ?? []).map((verb) => rightOf(verb, kind)));

export function rightOf(verb: string, kind: Kind): Right {
  const [group = ''] = kinds[kind].apiVersion.split('/');
  const [method, subresource = ''] = verb.split(' ');
  return `${method} ${kinds[kind].apiVersion.includes('/') ? group : ''}/${kinds[kind].plural}${subresource}`;
}

function callsOf(text: string, name: string): [verb: string, kind: Kind][] {
  const source = text
    .replace(/\bDeclaredKind\.(\w+)/g, (whole, key) =>
      key in DeclaredKind ? `'${DeclaredKind[key as keyof typeof DeclaredKind]}'` : whole,
    )
    .replace(/\bMAINTENANCE_KIND\b/g, `'${MAINTENANCE_KIND}'`);
  const calls: [string, Kind][] = [];
  const add = (methods: readonly string[], kind: Kind): void => {
    for (const method of methods) for (const verb of VERBS[method] ?? []) calls.push([verb, kind]);
  };
  for (const [, method = '', argument = ''] of source.matchAll(/\bcluster\s*\.\s*(\w+)\(\s*('?\w+'?)/g)) {
    if (method === 'followLog') {
      calls.push(['list', 'Pod'], ['watch', 'Pod'], ['log', 'Pod']);
    } else if (argument.startsWith("'")) {
      add([method], argument.slice(1, -1) as Kind);
    } else if (method in VERBS && !MAY_BE_GENERIC.includes(name)) {
      throw new Error(
        `activities/${name}: cluster.${method}(${argument}…) names no kind: list the function in GENERIC`,
      );
    }
  }
  for (const [generic, methods] of Object.entries(GENERIC)) {
    // The first kind after the call's bracket, whether it is an argument or a field.
    const pattern = new RegExp(`\\b${generic}\\(\\s*(?:\\w+,\\s*)?(?:\\{\\s*kind:\\s*)?${KIND}`, 'g');
    for (const [, kind] of source.matchAll(pattern)) add(methods, kind as Kind);
  }
  return calls;
}

function reachable(entry: string, seen = new Set<string>()): Set<string> {
  if (seen.has(entry)) return seen;
  seen.add(entry);
  const source = readFileSync(entry, 'utf8');
  for (const [, clause = '', path = ''] of source.matchAll(/^import (type )?[^;]*?from '(\.[^']+)';/gms)) {
    const file = resolve(dirname(entry), path);
    if (!clause && file.startsWith(activities)) reachable(file, seen);
  }
  return seen;
}

/** The rights that RBAC rules give, in the same words. Throws on a wildcard. */
export function rightsGivenBy(
  rules: readonly { readonly apiGroups: string[]; readonly resources: string[]; readonly verbs: string[] }[],
): Right[] {
  const rights = rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) => resources.flatMap((resource) => verbs.map((verb) => `${verb} ${group}/${resource}`))),
  );
  const wildcard = rights.find((right) => right.includes('*'));
  if (wildcard) throw new Error(`a wildcard: ${wildcard}`);
  return rights.sort();
}

/** A log is a subresource of its own in RBAC. */
export const asRbac = (rights: readonly Right[]): Right[] =>
  rights.map((right) => (right === 'log /pods' ? 'get /pods/log' : right)).sort();
