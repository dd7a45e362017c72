import type { RepositoryCareActivities } from '../../workflows/care/contract.ts';
import { measureContent } from './content.ts';
import { withHeartbeat } from './heartbeat.ts';
import type { OpenedRepository } from './known-repository.ts';
import { prepareMaintenance, proveMaintenance } from './maintenance.ts';

/** Does something in the repository that was the known one before and after. */
export type InKnown = <T>(
  input: { readonly repository: string; readonly expectedUniqueId: string },
  act: (known: OpenedRepository) => Promise<T>,
) => Promise<T>;

/** What stands beside a repository and cares for it. */
export function createRepositoryCareActivities(inKnown: InKnown, now: () => Date): RepositoryCareActivities {
  return {
    prepareMaintenance: (input) =>
      withHeartbeat((signal) => inKnown(input, ({ client }) => prepareMaintenance(client, signal))),

    proveMaintenance: (input) =>
      withHeartbeat(async (signal) => ({
        tasks: await inKnown(input, ({ client }) => proveMaintenance(client, input, signal)),
      })),

    measureContent: (input) =>
      withHeartbeat((signal) => inKnown(input, ({ client }) => measureContent(client, now(), signal))),
  };
}
