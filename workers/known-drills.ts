import type { ActivityDependencies } from '../activities/dependencies.ts';
import { readDrills } from '../api/drill-record.ts';
import { Label } from '../api/metadata.ts';
import type { Metrics } from './metrics.ts';

/** Puts the last drill of every source on the page of metrics, once, at the start of a process. Never throws. */
export async function tellKnownDrills(
  { cluster, settings, log }: Pick<ActivityDependencies, 'cluster' | 'settings' | 'log'>,
  metrics: Pick<Metrics, 'drillKnown'>,
): Promise<void> {
  try {
    const selector = { namespace: settings.stowageNamespace, labels: Label.drillsOf };
    for (const { data } of await cluster.list('ConfigMap', selector)) {
      const [newest] = readDrills(data);
      if (newest) metrics.drillKnown(newest);
    }
  } catch (error) {
    log.warn({ error }, 'the drills of former times could not be read: their metrics come with the next drill');
  }
}
