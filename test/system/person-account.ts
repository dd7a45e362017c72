import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { until } from './until.ts';
import type { World } from './world.ts';

/** A person with exactly the rights that docs/moving-from-volsync.md says are needed. */
export interface PersonAccount {
  readonly kubeconfig: string;
  /** Removes what does not go with the world's namespace. */
  remove(): Promise<void>;
}

export async function createPerson(world: World): Promise<PersonAccount> {
  const namespace = `stowage-${world.name}`;
  const page = await readFile(fileURLToPath(new URL('../../docs/moving-from-volsync.md', import.meta.url)), 'utf8');
  const role = parse(/```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? '') as { kind: string; metadata: { name: string } };
  if (role?.kind !== 'ClusterRole') throw new Error('the page names no ClusterRole');
  const name = `${role.metadata.name}-${world.name}`;
  await world.kubectl.apply(
    { ...role, metadata: { name } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace, name } },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
      subjects: [{ kind: 'ServiceAccount', namespace, name }],
    },
  );
  const admin = parse(await world.kubectl.run('config', 'view', '--raw', '--minify', '--flatten'));
  const token = (await world.kubectl.run('create', 'token', name, '-n', namespace, '--duration=6h')).trim();
  const kubeconfig = join(world.directory, 'person.kubeconfig');
  const config = { ...admin, users: [{ name: admin.users[0].name, user: { token } }] };
  await writeFile(kubeconfig, stringify(config), { mode: 0o600 });
  // The authorizer learns of a new binding a moment later.
  await until('the rights of the person', 30, async () => {
    const can = [
      'auth',
      'can-i',
      'list',
      'leases.coordination.k8s.io',
      '-A',
      '-q',
      `--as=system:serviceaccount:${namespace}:${name}`,
    ];
    await world.kubectl.run(...can);
    return true;
  });
  return {
    kubeconfig,
    async remove() {
      await world.kubectl.run('delete', 'clusterrole,clusterrolebinding', name, '--ignore-not-found');
    },
  };
}
