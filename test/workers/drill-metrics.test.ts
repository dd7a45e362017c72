import { describe, expect, it } from 'vitest';
import { type DrillRecord, drillKey } from '../../api/drill-record.ts';
import { tellKnownDrills } from '../../workers/known-drills.ts';
import { createMetrics } from '../../workers/metrics.ts';
import { observeRecords } from '../../workers/observe-records.ts';
import { smallWorld } from '../activities/small-world.ts';
import { InMemoryCluster } from '../fakes/in-memory-cluster.ts';
import { succeedingActivities } from '../workflows/stubs.ts';

const record = (day: number, change: Partial<DrillRecord> = {}): DrillRecord => ({
  ...{ namespace: 'demo', claim: 'app-config', source: 'app-src', repository: 'kopia', identity: 'a@b:/c' },
  ...{ workflowId: 'drill/demo/app-src', runId: `run-${day}`, outcome: 'Passed', message: '' },
  startedAt: '2026-11-01T00:00:00.000Z',
  finishedAt: new Date(Date.UTC(2026, 10, day)).toISOString(),
  ...{ durationSeconds: 12.5, restoreSeconds: 9, dataAgeSeconds: 60 },
  ...change,
});

const LABELS = '{namespace="demo",claim="app-config",role="control"}';

async function drillLines(page: Promise<string>): Promise<Record<string, number>> {
  const lines = (await page).split('\n').filter((line) => line.startsWith('stowage_drill_'));
  return Object.fromEntries(lines.map((line) => [line.replace(LABELS, '').split(' ')[0], Number(line.split(' ')[1])]));
}

describe('metrics of drills', () => {
  it('tell of each that was recorded; one that failed early keeps the last time to restore', async () => {
    const metrics = createMetrics('control');
    const activities = observeRecords(succeedingActivities([]), metrics);
    const write = (one: DrillRecord) => activities.recordDrill({ record: one } as never);
    await write(record(1));
    await write(
      record(2, { outcome: 'Failed', restoreSeconds: undefined, failure: { type: 'WrongPassword', message: '' } }),
    );
    expect(await drillLines(metrics.page())).toEqual({
      stowage_drill_last_timestamp_seconds: Date.UTC(2026, 10, 2) / 1000,
      stowage_drill_last_passed: 0,
      stowage_drill_restore_seconds: 9,
      stowage_drill_data_age_seconds: 60,
    });
    expect(await metrics.page()).toContain('stowage_runs_total{kind="drill",outcome="Failed",failure="WrongPassword"');
  });

  it('are there again after a restart, from what the cluster remembers, and count no run twice', async () => {
    const cluster = new InMemoryCluster({ namespaces: ['stowage-system'] });
    const data = Object.fromEntries([record(1), record(3)].map((one) => [drillKey(one), JSON.stringify(one)]));
    const labels = { 'stowage.dev/drills-of': 'demo' };
    await cluster.create('ConfigMap', { metadata: { namespace: 'stowage-system', name: 'any', labels }, data });
    await cluster.create('ConfigMap', { metadata: { namespace: 'stowage-system', name: 'other' }, data });
    const metrics = createMetrics('control');
    await tellKnownDrills(smallWorld(cluster).dependencies, metrics);
    expect(await drillLines(metrics.page())).toMatchObject({
      stowage_drill_last_timestamp_seconds: Date.UTC(2026, 10, 3) / 1000,
      stowage_drill_last_passed: 1,
    });
    expect(await metrics.page()).not.toContain('stowage_runs_total{');
  });
});
