import type { InspectRepositoryResult, SnapshotSpan } from '../../workflows/repository/inspect-contract.ts';
import type { AdoptionPlan, AdoptionRow, AdoptionState } from '../adoption.ts';
import type { Changes } from '../commands/carry-out.ts';
import { howToStopVolSync, type VolSyncState } from '../volsync-state.ts';
import { age, count, parseTime } from './format.ts';
import type { Colors } from './output.ts';
import { renderTable } from './table.ts';

export interface ShownAdoption {
  readonly plan: AdoptionPlan;
  readonly volsync: VolSyncState;
  readonly content: InspectRepositoryResult;
  readonly now: Date;
  /** Set once it was carried out. */
  readonly done?: Changes;
  readonly approved?: readonly string[];
  readonly started?: readonly string[];
}

const STATE: Readonly<Record<AdoptionState, string>> = {
  VolSyncActs: 'VolSync acts on it',
  Ready: 'ready to adopt',
  Adopted: 'adopted',
  Managed: 'managed',
  Invalid: 'invalid',
  Conflict: 'conflict',
  NoSnapshots: 'no snapshots',
};

/** One row for each source, then what a person should know, then what was or would be done (pure). */
export function renderAdoption(colors: Colors, shown: ShownAdoption): string {
  const { plan, content, now } = shown;
  const lies = content.path ? ` in ${content.path}/ of its volume` : '';
  const lines = [
    `Repository ${content.repository}: ${count(content.identities.count)} identities${lies}, unique id ${content.uniqueId}`,
  ];
  if (plan.rows.length === 0) return [...lines, '', 'No ReplicationSource with spec.kopia is here.'].join('\n');
  const head = ['NAMESPACE', 'SOURCE', 'IDENTITY', 'SNAPSHOTS', 'RETENTION WOULD REMOVE', 'NO EFFECT', 'STATE'];
  const table = renderTable(
    colors,
    head,
    plan.rows.map((row) => [
      row.namespace,
      row.name,
      row.identity ?? '-',
      snapshots(row.snapshots, now),
      removed(colors, row),
      row.unsupported.length === 0 ? '-' : String(row.unsupported.length),
      state(colors, row),
    ]),
  );
  return [...lines, '', table, ...section(remarks(colors, plan.rows)), '', ...closing(colors, shown)].join('\n');
}

const section = (lines: readonly string[]): string[] => (lines.length === 0 ? [] : ['', ...lines]);

function snapshots(span: SnapshotSpan | undefined, now: Date): string {
  if (!span) return '-';
  const newest = parseTime(span.newest);
  return newest ? `${count(span.count)}, newest ${age(newest, now)}` : '0';
}

function removed(colors: Colors, { removed: span }: AdoptionRow): string {
  if (!span) return '-';
  if (span.count === 0) return 'nothing';
  return colors.yellow(`${count(span.count)}: ${day(span.oldest)} to ${day(span.newest)}`);
}

const day = (time: string | undefined): string => time?.slice(0, 10) ?? '?';

function state(colors: Colors, { state: word }: AdoptionRow): string {
  const good = word === 'Ready' || word === 'Adopted' || word === 'Managed';
  return (good ? colors.green : colors.yellow)(STATE[word]);
}

function remarks(colors: Colors, rows: readonly AdoptionRow[]): string[] {
  return rows.flatMap(({ namespace, name, message, unsupported, problems }) => {
    const label = colors.bold(`${namespace}/${name}`);
    return [
      ...(message ? [`${label}: ${message}`] : []),
      ...problems.map((problem) => `${label}: ${colors.yellow(problem)}`),
      ...(unsupported.length > 0 ? [`${label}: without effect: ${unsupported.join(', ')}`] : []),
    ];
  });
}

function closing(colors: Colors, shown: ShownAdoption): string[] {
  const { plan, volsync, done } = shown;
  if (done) return carriedOut(colors, shown, done);
  const [sources, destinations] = [plan.sources.length, plan.destinations.length];
  if (volsync.acting) {
    return [
      `VolSync's operator works in this cluster (${volsync.seen.join('; ')}). Nothing was changed.`,
      `${colors.bold('→')} Stop it first: ${howToStopVolSync(volsync)}`,
    ];
  }
  if (sources + destinations === 0) return ['Nothing to adopt.'];
  return [
    `${sources} sources and ${destinations} destinations would be adopted; nothing was changed. Say --yes to do it.`,
  ];
}

function carriedOut(colors: Colors, { plan, approved = [], started = [] }: ShownAdoption, done: Changes): string[] {
  const held = plan.rows.filter(
    ({ namespace, name, removed: span }) =>
      (span?.count ?? 0) > 0 &&
      done.changed.includes(`ReplicationSource ${namespace}/${name}`) &&
      !approved.includes(name) &&
      !approved.includes(`${namespace}/${name}`),
  );
  return [
    colors.green(`Adopted: ${count(done.changed.length)} objects`),
    ...done.failed.map(({ object, why }) => colors.red(`${object}: ${why}`)),
    ...started.map((id) => `Started with its retention approved: ${id}`),
    ...held.flatMap(({ namespace, name, claim, removed: span }) => [
      colors.yellow(
        `${namespace}/${name}: its backups are held, because retention would remove ${span?.count} snapshots.`,
      ),
      `  to agree: stowage backup ${claim} -n ${namespace} --source ${name} --approve-retention`,
    ]),
  ];
}
