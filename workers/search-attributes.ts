import type { NativeConnection } from '@temporalio/worker';
import { SearchAttribute } from '../workflows/progress.ts';
import type { Logger } from './logging.ts';

/** Temporal's number for a search attribute that is compared as a whole (enums.v1.IndexedValueType KEYWORD). */
const KEYWORD = 2;

/**
 * Registers the search attributes that every run carries where they are missing: a run on a namespace without them would
 * hang in its first task. Doing it again changes nothing. Where the list itself is refused (a hosted Temporal) this only
 * warns; throws the server's error when attributes are known to be missing and can't be added.
 */
export async function ensureSearchAttributes(
  connection: Pick<NativeConnection, 'operatorService'>,
  namespace: string,
  log: Logger,
): Promise<void> {
  let customAttributes: Record<string, unknown> | null | undefined;
  try {
    ({ customAttributes } = await connection.operatorService.listSearchAttributes({ namespace }));
  } catch (error) {
    log.warn(
      { error, needed: Object.values(SearchAttribute) },
      'search attributes can not be listed: make sure of them',
    );
    return;
  }
  const missing = Object.values(SearchAttribute).filter((name) => !(name in (customAttributes ?? {})));
  if (missing.length === 0) return;
  const searchAttributes = Object.fromEntries(missing.map((name) => [name, KEYWORD]));
  await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
  log.info({ missing, namespace }, 'search attributes registered');
}
