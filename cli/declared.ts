import type { Client } from '@temporalio/client';
import type { BackupRequest } from '../api/backup-request.ts';
import type { DrillCheckInput } from '../api/drill-check.ts';
import type { DrillRequest } from '../api/drill-request.ts';
import { defaultSourceName } from '../api/names.ts';
import { readSchedule } from '../schedules/current.ts';
import { isOwned, scheduleId } from '../schedules/ids.ts';
import { drillId } from '../workflows/drill/contract.ts';
import { UsageError } from './errors.ts';

/** The request of the schedule that protects a claim: what is declared, so that a run by hand is the same backup. */
export interface DeclaredRequest {
  readonly scheduleId: string;
  readonly source: string;
  readonly request: BackupRequest;
}

/**
 * Finds the schedule of a claim: the named source's, else the one of the usual name `<app>-src`, else any of the namespace
 * whose claim it is. Undefined when none declares it. Throws UsageError when several do.
 */
export async function findDeclared(
  client: Client,
  { namespace, claim, source }: { namespace: string; claim: string; source?: string },
): Promise<DeclaredRequest | undefined> {
  if (source !== undefined) return await readDeclared(client, scheduleId(namespace, source));
  const usual = await readDeclared(client, scheduleId(namespace, defaultSourceName(claim)));
  if (usual?.request.claim === claim) return usual;

  const prefix = scheduleId(namespace, '');
  const others: DeclaredRequest[] = [];
  for await (const summary of client.schedule.list()) {
    if (!summary.scheduleId.startsWith(prefix) || !isOwned(summary.memo)) continue;
    const declared = await readDeclared(client, summary.scheduleId);
    if (declared?.request.claim === claim) others.push(declared);
  }
  if (others.length > 1) {
    const names = others.map((one) => one.source).join(', ');
    throw new UsageError(`claim ${namespace}/${claim} has several sources: ${names}`, 'Name one with --source.');
  }
  return others[0];
}

/** The check that the schedule of a source's drills runs, so that a drill by hand is the same. */
export async function findDeclaredCheck(
  client: Client,
  { namespace, source }: { namespace: string; source: string },
): Promise<DrillCheckInput | undefined> {
  const schedule = await readSchedule(client.schedule, drillId(namespace, source));
  return schedule?.owned ? (schedule.settings.request as DrillRequest).check : undefined;
}

async function readDeclared(client: Client, id: string): Promise<DeclaredRequest | undefined> {
  const schedule = await readSchedule(client.schedule, id);
  if (!schedule?.owned) return undefined;
  const request = schedule.settings.request as BackupRequest;
  return { scheduleId: id, source: request.source ?? defaultSourceName(request.claim), request };
}
