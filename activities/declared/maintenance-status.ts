import { ConditionType } from '../../api/declared-object.ts';
import type { DeclaredMaintenance } from '../../api/kopia-maintenance.ts';
import type { MaintenanceStatus, MaintenanceWatchStatus } from '../../api/maintenance-status.ts';
import { nextTick } from '../../api/next-tick.ts';
import { wholeSeconds } from '../../api/run-status.ts';
import { buildConditions, type WantedCondition } from './condition.ts';
import type { Problem } from './problem.ts';
import { fieldsHonoured } from './source-status.ts';

/** VolSync's: so many failures in a row are one too many. */
const EXCESSIVE = 5;

/** Everything from which a KopiaMaintenance's conditions follow. */
export interface MaintenanceFacts {
  readonly status: MaintenanceStatus | undefined;
  readonly generation: number | undefined;
  /** Undefined when it can't be read. */
  readonly maintenance: DeclaredMaintenance | undefined;
  readonly problem: Problem | undefined;
  /** What else maintains the same repository; undefined where nothing does. */
  readonly beside: string | undefined;
  readonly now: Date;
}

/** The watch's part of the status, with VolSync's types and reasons where it has them. Pure. */
export function buildMaintenanceStatus(facts: MaintenanceFacts): MaintenanceWatchStatus {
  const { status, generation, maintenance, problem, now } = facts;
  const runs = maintenance?.enabled && !maintenance.suspended && !problem;
  const next = runs && maintenance.schedule ? nextTick(maintenance.schedule, now) : undefined;
  const wanted = [ready(facts), healthy(status), ...(maintenance ? [fieldsHonoured(maintenance.unsupported)] : [])];
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    lastReconcileTime: wholeSeconds(now),
    ...(next ? { nextScheduledMaintenance: wholeSeconds(next) } : {}),
    conditions: buildConditions(wanted, status?.conditions ?? [], generation, now),
  };
}

function ready({ status, maintenance, problem, beside }: MaintenanceFacts): WantedCondition {
  const type = ConditionType.ready;
  if (maintenance?.enabled === false)
    return { type, status: 'False', reason: 'MaintenanceDisabled', message: 'spec.enabled is false' };
  if (problem) return { type, status: 'False', ...problem };
  const also = beside === undefined ? '' : `; ${beside}`;
  return { type, status: 'True', reason: 'MaintenanceActive', message: `${whenOf(status, maintenance)}${also}` };
}

function whenOf(status: MaintenanceStatus | undefined, maintenance: DeclaredMaintenance | undefined): string {
  if (maintenance?.suspended) return 'spec.suspend is true: no maintenance is started';
  const { manual, schedule } = maintenance ?? {};
  if (manual === undefined) return `maintenance at ${schedule?.expression} ${schedule?.timeZone}`;
  return status?.lastManualSync === manual
    ? `spec.trigger.manual '${manual}' is answered`
    : `maintenance for spec.trigger.manual '${manual}' is on its way`;
}

function healthy(status: MaintenanceStatus | undefined): WantedCondition {
  const type = ConditionType.maintenanceHealthy;
  const { maintenanceFailures: failures = 0, lastMaintenanceTime } = status ?? {};
  const last = lastMaintenanceTime
    ? `last good maintenance at ${lastMaintenanceTime}`
    : 'no maintenance ended well yet';
  if (failures === 0) return { type, status: 'True', reason: 'OperatingNormally', message: last };
  const message = `${failures} failed in a row, each with an event that says why; ${last}`;
  return failures < EXCESSIVE
    ? { type, status: 'True', reason: 'OperatingNormally', message }
    : { type, status: 'False', reason: 'ExcessiveFailures', message };
}
