import { WorkerRole } from './role.ts';
import type { OpenRole, RoleContext } from './worker-options.ts';

/** Puts a role together: adapters, activities, worker. Each role loads only its own code: the repository's needs no Kubernetes client. */
export async function openRole(context: RoleContext): Promise<OpenRole> {
  switch (context.config.role) {
    case WorkerRole.Control:
      return (await import('./control.ts')).openControl(context);
    case WorkerRole.Movers:
      return (await import('./movers.ts')).openMovers(context);
    case WorkerRole.Repository:
      return (await import('./repository.ts')).openRepository(context);
  }
}
