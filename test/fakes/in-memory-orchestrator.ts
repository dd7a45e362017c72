import type {
  LastRun,
  Orchestrator,
  ScheduledMaintenance,
  ScheduledSource,
  ScheduleReport,
  SourceRef,
  SourceScheduleReport,
} from '../../activities/ports/orchestrator.ts';
import type { BackupRequest } from '../../api/backup-request.ts';
import { resolveBackup } from '../../api/backup-request.ts';
import type { MaintenanceDeclarer, MaintenanceRequest } from '../../api/care-request.ts';
import type { DeclaredRepository } from '../../api/kopia-repository.ts';
import type { DeclaredSource } from '../../api/replication-source.ts';
import { type RestoreRequest, resolveRestore } from '../../api/restore-request.ts';
import { desiredCare } from '../../schedules/care.ts';
import { desiredSchedules } from '../../schedules/desired.ts';
import { desiredDrills } from '../../schedules/drills.ts';
import { isBackupId, scheduleId } from '../../schedules/ids.ts';
import { desiredMaintenance } from '../../schedules/maintenance.ts';
import { planSchedules, type ScheduleChange } from '../../schedules/plan.ts';
import type { CurrentSchedule, DesiredSchedule } from '../../schedules/settings.ts';
import { ownNote } from '../../schedules/settings.ts';
import { backupWorkflowId } from '../../workflows/backup/contract.ts';
import { declaredMaintenanceId, isCareId, isDeclaredMaintenanceId } from '../../workflows/care/contract.ts';
import { isDrillId } from '../../workflows/drill/contract.ts';
import { restoreWorkflowId } from '../../workflows/restore/contract.ts';

/** A run that a test ends as it likes. */
export interface FakeRun {
  readonly workflowId: string;
  readonly request: BackupRequest | RestoreRequest | MaintenanceRequest;
  last: LastRun;
}

/** Temporal as the watch uses it, in memory; passes the conformance suite of the real one. Runs stay open until a test ends them. */
export class InMemoryOrchestrator implements Orchestrator {
  readonly schedules = new Map<string, CurrentSchedule>();
  readonly runs: FakeRun[] = [];
  /** Ids of schedules that were triggered, in order. */
  readonly triggered: string[] = [];
  /** The schedules of sources. */
  get backups(): CurrentSchedule[] {
    return [...this.schedules.values()].filter(({ scheduleId: id }) => isBackupId(id));
  }

  /** Every call that changed something. */
  writes = 0;
  /** Thrown by every method while it is set. */
  away: Error | undefined;
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  async syncSchedules(
    sources: readonly ScheduledSource[],
    complete?: { readonly keep: readonly SourceRef[] },
  ): Promise<SourceScheduleReport> {
    this.#meet();
    const id = ({ namespace, name }: SourceRef): string => scheduleId(namespace, name);
    const holds = new Map(sources.flatMap(({ source, held }) => (held === undefined ? [] : [[id(source), held]])));
    const desired = desiredSchedules(
      sources.map(({ source }) => source),
      { startAtOnce: false, declared: true, holds },
    );
    const ids = new Set(sources.map(({ source }) => id(source)));
    const kept = new Set((complete?.keep ?? []).map(id));
    const current = [...this.schedules.values()].filter(({ scheduleId: one }) =>
      complete ? isBackupId(one) && !kept.has(one) : ids.has(one),
    );
    const plan = planSchedules(desired, current, complete ? undefined : { mode: 'Allow', atMost: 0 });
    const changes = plan.changes.filter(({ kind }) => !plan.refusal || kind !== 'Delete');
    this.#carryOut(changes);
    const others = complete ? [...this.schedules.keys()].filter((one) => !ids.has(one) && isBackupId(one)) : [];
    const left = new Set(others.map((one) => one.slice('backup/'.length)));
    return { changes: changes.length, failed: new Map(), left };
  }

  syncCare(repositories: readonly DeclaredRepository[]): Promise<ScheduleReport> {
    return this.#sync(desiredCare(repositories), isCareId);
  }

  syncDrills(sources: readonly DeclaredSource[], repositories: readonly DeclaredRepository[]): Promise<ScheduleReport> {
    return this.#sync(desiredDrills(sources, repositories), isDrillId);
  }

  syncMaintenance(wanted: readonly ScheduledMaintenance[], keep: readonly SourceRef[]): Promise<ScheduleReport> {
    const kept = new Set(keep.map(({ namespace, name }) => declaredMaintenanceId(namespace, name)));
    return this.#sync(desiredMaintenance(wanted), (id) => isDeclaredMaintenanceId(id) && !kept.has(id));
  }

  async startMaintenance(request: MaintenanceRequest & { declaredBy: MaintenanceDeclarer }, attempt: string) {
    const { namespace, name } = request.declaredBy;
    this.#start(declaredMaintenanceId(namespace, name), request, attempt);
  }

  async deleteSchedule({ namespace, name }: SourceRef): Promise<void> {
    this.#meet();
    if (this.schedules.delete(scheduleId(namespace, name))) this.writes++;
  }

  async triggerSchedule({ namespace, name }: SourceRef): Promise<void> {
    this.#meet();
    const id = scheduleId(namespace, name);
    const schedule = this.schedules.get(id);
    if (!schedule) throw new Error(`no schedule ${id}`);
    if (schedule.paused) return;
    this.writes++;
    this.triggered.push(id);
  }

  async startBackup(request: BackupRequest, attempt: string): Promise<void> {
    const { namespace, source } = resolveBackup(request);
    this.#start(backupWorkflowId(namespace, source), request, attempt);
  }

  async startRestore(request: RestoreRequest, attempt: string): Promise<void> {
    const { namespace, claim } = resolveRestore(request);
    this.#start(restoreWorkflowId(namespace, claim), request, attempt);
  }

  async lastRun(workflowId: string): Promise<LastRun | undefined> {
    this.#meet();
    return this.runs.findLast((run) => run.workflowId === workflowId)?.last;
  }

  async cancelRun(workflowId: string): Promise<void> {
    this.#meet();
    const run = this.open(workflowId);
    if (run) this.end(run, { state: 'Canceled' });
  }

  open(workflowId: string): FakeRun | undefined {
    return this.runs.find((run) => run.workflowId === workflowId && run.last.state === 'Open');
  }

  /** For tests: the run ends now. */
  end(run: FakeRun, how: Pick<LastRun, 'state' | 'failureType'>): void {
    run.last = { ...run.last, ...how, closedAt: this.#now() };
  }

  async #sync(desired: readonly DesiredSchedule[], isOfKind: (id: string) => boolean): Promise<ScheduleReport> {
    this.#meet();
    const current = [...this.schedules.values()].filter(({ scheduleId: id }) => isOfKind(id));
    const { changes } = planSchedules(desired, current, { mode: 'Allow', atMost: 0 });
    this.#carryOut(changes);
    return { changes: changes.length, failed: new Map() };
  }

  #carryOut(changes: readonly ScheduleChange[]): void {
    for (const change of changes) {
      this.writes++;
      const before = this.schedules.get(change.scheduleId);
      if (change.kind === 'Delete') this.schedules.delete(change.scheduleId);
      else if (change.kind === 'Create' || change.kind === 'Update') {
        const { settings, pausedBecause } = change.desired;
        const state =
          before && change.kind === 'Update'
            ? { paused: before.paused, note: before.note }
            : { paused: pausedBecause !== undefined, note: pausedBecause === undefined ? '' : ownNote(pausedBecause) };
        this.schedules.set(change.scheduleId, { scheduleId: change.scheduleId, owned: true, settings, ...state });
      } else if (before) {
        const paused = change.kind === 'Pause';
        this.schedules.set(change.scheduleId, {
          ...before,
          paused,
          note: change.kind === 'Pause' ? ownNote(change.because) : '',
        });
      }
    }
  }

  #start(workflowId: string, request: FakeRun['request'], attempt: string): void {
    this.#meet();
    if (this.open(workflowId)) return;
    this.writes++;
    const runId = `run-${this.runs.length + 1}`;
    this.runs.push({ workflowId, request, last: { runId, state: 'Open', attempt } });
  }

  #meet(): void {
    if (this.away) throw this.away;
  }
}
