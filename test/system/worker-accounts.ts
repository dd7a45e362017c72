import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { type KubernetesObject, readManifests } from '../../platform/worker/objects.ts';
import type { Kubectl } from './kubectl.ts';
import { until } from './until.ts';

/** The roles that talk to the cluster. */
export type AccountRole = 'control' | 'movers';
const roles: readonly AccountRole[] = ['control', 'movers'];

/** Longer than any test; the account goes with its namespace, and the token with the account. */
const TOKEN_DURATION = '6h';

const RBAC_KINDS = ['ServiceAccount', 'ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding'];
const CLUSTER_SCOPED = ['ClusterRole', 'ClusterRoleBinding'];

type Named = { name: string; namespace?: string };

/** The product's own accounts in a world of its own. */
export interface WorkerAccounts {
  /** A file with a token of exactly the role's account. */
  readonly kubeconfigs: Readonly<Record<AccountRole, string>>;
  /** Removes what does not go with the namespace. */
  remove(): Promise<void>;
}

/**
 * The accounts, roles and bindings of `deploy/`, put into `namespace`. What is cluster-scoped gets the world's name behind
 * its own, so that worlds of different checkouts, and the product itself, share a platform without sharing rights. Pure.
 */
export function buildAccounts(
  manifests: readonly KubernetesObject[],
  namespace: string,
  world: string,
): KubernetesObject[] {
  const renamed = (name: string): string => `${name}-${world}`;
  return manifests
    .filter(({ kind }) => RBAC_KINDS.includes(kind))
    .map((manifest) => {
      const object = structuredClone(manifest) as KubernetesObject & {
        metadata: Named;
        roleRef?: { kind: string; name: string };
        subjects?: Named[];
      };
      if (CLUSTER_SCOPED.includes(object.kind)) object.metadata.name = renamed(object.metadata.name);
      else object.metadata.namespace = namespace;
      if (object.roleRef?.kind === 'ClusterRole') object.roleRef.name = renamed(object.roleRef.name);
      for (const subject of object.subjects ?? []) subject.namespace = namespace;
      return object;
    });
}

/** Makes the accounts, and a kubeconfig for each role in `directory`. */
export async function createAccounts(options: {
  readonly kubectl: Kubectl;
  readonly namespace: string;
  readonly world: string;
  readonly directory: string;
}): Promise<WorkerAccounts> {
  const { kubectl, namespace, directory } = options;
  const manifests = await readManifests(fileURLToPath(new URL('../../deploy', import.meta.url)));
  const objects = buildAccounts(manifests, namespace, options.world);
  await kubectl.apply(...objects);
  const admin = parse(await kubectl.run('config', 'view', '--raw', '--minify', '--flatten')) as { users: object[] };
  const kubeconfigs = Object.fromEntries(
    await Promise.all(
      roles.map(async (role) => {
        const account = `stowage-${role}`;
        const token = await kubectl.run('create', 'token', account, '-n', namespace, `--duration=${TOKEN_DURATION}`);
        const [user] = admin.users as { name: string }[];
        const file = join(directory, `${role}.kubeconfig`);
        const config = { ...admin, users: [{ name: user?.name, user: { token: token.trim() } }] };
        await writeFile(file, stringify(config), { mode: 0o600 });
        return [role, file] as const;
      }),
    ),
  ) as Record<AccountRole, string>;
  // The authorizer learns of a new binding a moment later.
  for (const role of roles) {
    const who = `system:serviceaccount:${namespace}:stowage-${role}`;
    const ask = ['auth', 'can-i', 'watch', 'persistentvolumeclaims', '--as', who, '-n', namespace];
    await until(`rights of ${who}`, 30, async () => (await kubectl.run(...ask)).trim() === 'yes');
  }
  return {
    kubeconfigs,
    async remove() {
      // Logs are kept sometimes; a token never is.
      await Promise.all(Object.values(kubeconfigs).map((file) => rm(file, { force: true })));
      for (const kind of CLUSTER_SCOPED) {
        const names = objects.filter((object) => object.kind === kind).map(({ metadata }) => metadata.name);
        await kubectl.run('delete', kind.toLowerCase(), ...names, '--ignore-not-found');
      }
    },
  };
}
