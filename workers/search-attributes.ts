import type { NativeConnection } from '@temporalio/worker';
import { SearchAttribute } from '../workflows/progress.ts';
import type { Logger } from './logging.ts';

/** Temporal's number for a search attribute that is compared as a whole (enums.v1.IndexedValueType KEYWORD). */
const KEYWORD = 2;

/**
 * Registers the search attributes that every run carries where they are missing: a run on a namespace without them would
 * hang in its first task. Doing it again changes nothing. Throws the server's error when it is not allowed to.
 */
export async function ensureSearchAttributes(
  connection: Pick<NativeConnection, 'operatorService'>,
  namespace: string,
  log: Logger,
): Promise<void> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const missing = Object.values(SearchAttribute).filter((name) => !(name in (customAttributes ?? {})));
  if (missing.length === 0) return;
  const searchAttributes = Object.fromEntries(missing.map((name) => [name, KEYWORD]));
  await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
  log.info({ missing, namespace }, 'search attributes registered');
}
