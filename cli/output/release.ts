import type { Changes } from '../commands/carry-out.ts';
import type { ReleasePlan, ReleaseState } from '../release.ts';
import type { VolSyncState } from '../volsync-state.ts';
import { count } from './format.ts';
import type { Colors } from './output.ts';
import { renderTable } from './table.ts';

const STATE: Readonly<Record<ReleaseState, string>> = {
  Managed: 'Stowage acts on it',
  Leftovers: 'released, conditions left',
  Released: 'released',
  NotAdopted: 'not adopted',
  Busy: 'a run is under way',
};

const NEEDS = [
  'VolSync goes on when its operator runs again: kubectl -n volsync-system scale deploy volsync --replicas=1',
  'Nothing in the repository has to change: identities, snapshots and passwords stay as they are.',
];

/** One row for each object, then what was or would be done (pure). */
export function renderRelease(
  colors: Colors,
  { plan, volsync, done }: { readonly plan: ReleasePlan; readonly volsync: VolSyncState; readonly done?: Changes },
): string {
  if (plan.rows.length === 0) return 'No ReplicationSource or ReplicationDestination with spec.kopia is here.';
  const table = renderTable(
    colors,
    ['NAMESPACE', 'KIND', 'NAME', 'STATE'],
    plan.rows.map(({ namespace, kind, name, state }) => [namespace, kind, name, STATE[state]]),
  );
  const busy = plan.rows.filter(({ state }) => state === 'Busy').length;
  const held =
    busy > 0 ? [colors.yellow(`${busy} with a run under way were left: release them when it has ended.`)] : [];
  return [table, '', ...closing(colors, plan, done), ...held, ...(volsync.acting ? [] : done ? NEEDS : [])].join('\n');
}

function closing(colors: Colors, plan: ReleasePlan, done: Changes | undefined): string[] {
  if (done) {
    return [
      colors.green(`Released: ${count(done.changed.length)} objects`),
      ...done.failed.map(({ object, why }) => colors.red(`${object}: ${why}`)),
    ];
  }
  if (plan.objects.length === 0) return ['Nothing to release.'];
  return [`${plan.objects.length} objects would be released; nothing was changed. Say --yes to do it.`];
}
