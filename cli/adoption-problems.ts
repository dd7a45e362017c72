import { PASSWORD_KEY } from '../api/repository-secret.ts';
import type { RepositoryAccess } from '../workflows/repository/inspect-contract.ts';
import type { SecretKeys } from './declared-objects.ts';

/** Who runs movers where nothing is declared. */
const DEFAULT_USER = 1000;

/** Pure, as all of these; undefined when there is nothing to say. */
export function secretProblem(secret: string, keys: SecretKeys | undefined): string | undefined {
  if (keys === undefined || keys === 'Forbidden') return undefined;
  if (keys === 'Missing') return `Secret ${secret} does not exist`;
  if (!keys.includes(PASSWORD_KEY)) return `Secret ${secret} has no key ${PASSWORD_KEY}`;
  return undefined;
}

/** A source is adopted without its claim too: its backups begin when the claim is there. */
export function claimProblem(claim: string, claims: ReadonlySet<string> | undefined): string | undefined {
  return claims === undefined || claims.has(claim) ? undefined : `claim ${claim} does not exist`;
}

/** Kopia's own modes (0700, 0600) leave a repository to the user who made it; decision 0007. */
export function accessProblem(access: RepositoryAccess | undefined, runAsUser = DEFAULT_USER): string | undefined {
  if (!access || access.closedFolders + access.closedFiles === 0 || runAsUser === 0) return undefined;
  if (access.owners.length === 1 && access.owners[0] === runAsUser) return undefined;
  const owners = access.owners.map(String).join(', ');
  return `the repository's folders belong to uid ${owners} and are closed to the group, so a mover of uid ${runAsUser} can't work there: chgrp -R them to the movers' common group (fsGroup), chmod -R g+rwX, and set the setgid bit of its folders`;
}
