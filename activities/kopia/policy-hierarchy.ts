import { z } from 'zod';
import type { Identity } from '../../api/identity.ts';
import { type KopiaPolicy, PolicySchema } from './output.ts';

const StoredPolicy = PolicySchema.extend({ noParent: z.boolean().nullish() });
type StoredPolicy = z.infer<typeof StoredPolicy>;

/** Every policy that a repository holds, by its target as Kopia writes it (`user@host:/path`, `(global)`). */
export type StoredPolicies = ReadonlyMap<string, StoredPolicy>;

/** `policy export`. Throws ZodError or SyntaxError. */
export const parseStoredPolicies = (stdout: string): StoredPolicies =>
  new Map(Object.entries(z.record(z.string(), StoredPolicy).parse(JSON.parse(stdout))));

/** What Kopia falls back to (snapshot/policy/retention_policy.go at v0.21.1). */
const DEFAULT_POLICY: StoredPolicy = {
  retention: {
    keepLatest: 10,
    keepHourly: 48,
    keepDaily: 7,
    keepWeekly: 4,
    keepMonthly: 24,
    keepAnnual: 3,
    ignoreIdenticalSnapshots: false,
  },
  compression: {},
};

/**
 * The policy in effect for an identity, merged as Kopia does it: folder by folder up, the user, the host, the global one,
 * the built-in defaults; the first that says something counts. Pure; one export answers for hundreds of identities.
 */
export function effectivePolicy(stored: StoredPolicies, { username, hostname, path }: Identity): KopiaPolicy {
  const user = `${username}@${hostname}`;
  const targets = [...foldersUp(path).map((folder) => `${user}:${folder}`), user, `@${hostname}`, '(global)'];
  const chain = targets.flatMap((target) => stored.get(target) ?? []);
  const last = chain.findIndex(({ noParent }) => noParent === true);
  return merge(last < 0 ? [...chain, DEFAULT_POLICY] : chain.slice(0, last + 1));
}

function foldersUp(path: string): string[] {
  const folders: string[] = [];
  for (let folder = path; folder !== '/'; folder = folder.slice(0, folder.lastIndexOf('/')) || '/')
    folders.push(folder);
  return [...folders, '/'];
}

function merge(chain: readonly StoredPolicy[]): KopiaPolicy {
  const names = Object.keys(DEFAULT_POLICY.retention) as (keyof KopiaPolicy['retention'])[];
  const retention = Object.fromEntries(
    names.flatMap((name) => {
      const said = chain.find(({ retention }) => retention[name] !== undefined && retention[name] !== null);
      return said ? [[name, said.retention[name]]] : [];
    }),
  );
  const compressorName = chain.find(({ compression }) => compression.compressorName)?.compression.compressorName;
  return { retention, compression: compressorName === undefined ? {} : { compressorName } };
}
