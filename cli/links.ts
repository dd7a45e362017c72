import type { RunReference } from '../workflows/backup/contract.ts';
import type { CliConfig } from './config.ts';

/** Address of a run in Temporal's UI; undefined when nobody said where that is. */
export function runLink({ uiUrl, temporalNamespace }: CliConfig, run: RunReference): string | undefined {
  if (uiUrl === undefined) return undefined;
  const id = encodeURIComponent(run.workflowId);
  return `${uiUrl}/namespaces/${encodeURIComponent(temporalNamespace)}/workflows/${id}/${run.runId}/history`;
}
