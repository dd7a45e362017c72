import { Gauge, type Registry } from 'prom-client';
import type { DrillRecord } from '../api/drill-record.ts';

/** What the last drill of each claim found, on a page of metrics. Returns how to say so. */
export function createDrillMetrics(registry: Registry): (record: DrillRecord) => void {
  const gauge = (name: string, help: string) =>
    new Gauge({ name, help, labelNames: ['namespace', 'claim'] as const, registers: [registry] });
  const time = gauge('stowage_drill_last_timestamp_seconds', 'When the last drill of a claim ended');
  const passed = gauge('stowage_drill_last_passed', '1 when the last drill of a claim passed, else 0');
  const restore = gauge(
    'stowage_drill_restore_seconds',
    'Time to restore a claim, as the last drill that got so far took',
  );
  const age = gauge(
    'stowage_drill_data_age_seconds',
    'Age of the data that the last drill of a claim would have brought back',
  );
  return (record) => {
    const { namespace, claim, outcome, finishedAt, restoreSeconds, dataAgeSeconds } = record;
    const of = { namespace, claim };
    time.set(of, Date.parse(finishedAt) / 1000);
    passed.set(of, outcome === 'Passed' ? 1 : 0);
    if (restoreSeconds !== undefined) restore.set(of, restoreSeconds);
    if (dataAgeSeconds !== undefined) age.set(of, dataAgeSeconds);
  };
}
