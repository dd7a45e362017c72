import { WorkerRole } from './role.ts';
import type { OpenRole, RoleContext } from './worker-options.ts';

/** Puts a role together: adapters, activities, worker. */
export type RoleOpener = (context: RoleContext) => Promise<OpenRole>;

/**
 * Loads the code of one role only: the repository's needs no Kubernetes client. That takes about as long as everything else
 * of a start, so it goes on while Temporal is being reached.
 */
export async function loadRole(role: WorkerRole): Promise<RoleOpener> {
  switch (role) {
    case WorkerRole.Control:
      return (await import('./control.ts')).openControl;
    case WorkerRole.Movers:
      return (await import('./movers.ts')).openMovers;
    case WorkerRole.Repository:
      return (await import('./repository.ts')).openRepository;
  }
}
