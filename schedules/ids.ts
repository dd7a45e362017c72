import { MANAGED_BY } from '../api/metadata.ts';
import { backupWorkflowId } from '../workflows/backup/contract.ts';

/**
 * The schedule of a source: `backup/<namespace>/<source>`. The same as the workflow id of a run started by hand; Temporal
 * adds the tick's time to the id of a scheduled one.
 */
export const scheduleId = (namespace: string, source: string): string => backupWorkflowId(namespace, source);

/** True for the schedules of sources, of whichever namespace. */
export const isBackupId = (id: string): boolean => id.startsWith(`${scheduleId('', '').split('/', 1)[0]}/`);

/** Memo key of the ownership mark. A memo is written once, at creation: nothing in the UI can add or remove it by mistake. */
const OWNER_KEY = 'stowage.dev/managed-by';

export const ownershipMemo: Readonly<Record<string, string>> = { [OWNER_KEY]: MANAGED_BY };

/** Only a schedule with our mark is ever changed or deleted. */
export const isOwned = (memo: Readonly<Record<string, unknown>> | undefined): boolean =>
  memo?.[OWNER_KEY] === MANAGED_BY;

/** True for the runs of a schedule or source: the id itself (by hand) or the id with a tick's time. */
export function isRunOf(workflowId: string, id: string): boolean {
  if (workflowId === id) return true;
  return workflowId.startsWith(`${id}-`) && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(workflowId.slice(id.length + 1));
}
