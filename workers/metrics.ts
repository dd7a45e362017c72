import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { DrillRecord } from '../api/drill-record.ts';
import type { BackupRecord } from '../workflows/backup/contract.ts';
import type { RestoreRecord } from '../workflows/restore/contract.ts';
import { createDrillMetrics } from './drill-metrics.ts';

/** What a run was about, for a metric's labels. */
export interface VolumeLabels {
  readonly namespace: string;
  readonly claim: string;
}

/** Stowage's own metrics; Temporal's stand beside them on the same page. */
export interface Metrics {
  backupEnded(volume: VolumeLabels, record: BackupRecord): void;
  restoreEnded(volume: VolumeLabels, record: RestoreRecord): void;
  drillEnded(record: DrillRecord): void;
  /** The last drill of a source as it is recorded, when this process starts: the next one may be a month away. */
  drillKnown(record: DrillRecord): void;
  /** Registers a source of Kubernetes request counts (`create Job` → number), read at every scrape. */
  countRequests(read: () => Readonly<Record<string, number>>): void;
  /** Prometheus text. */
  page(): Promise<string>;
  readonly contentType: string;
}

/** Backups end in a second without change and in hours the first time. */
const DURATION_BUCKETS = [1, 2, 5, 10, 30, 60, 300, 900, 3_600, 14_400];

export function createMetrics(role: string): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ role });
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const volume = ['namespace', 'claim'] as const;
  const runs = new Counter({
    name: 'stowage_runs_total',
    help: 'Runs that ended, by kind and outcome',
    labelNames: ['kind', 'outcome', 'failure', 'namespace', 'claim'] as const,
    registers,
  });
  const duration = new Histogram({
    name: 'stowage_run_duration_seconds',
    help: 'Time of a run from its start to its record',
    labelNames: ['kind', 'outcome'] as const,
    buckets: DURATION_BUCKETS,
    registers,
  });
  const lastSuccess = new Gauge({
    name: 'stowage_backup_last_success_timestamp_seconds',
    help: 'When the last proven backup of a claim ended, as far as this process saw it',
    labelNames: volume,
    registers,
  });
  const lastBytes = new Gauge({
    name: 'stowage_backup_last_bytes',
    help: 'Size of the last proven backup of a claim',
    labelNames: volume,
    registers,
  });
  const uploaded = new Counter({
    name: 'stowage_backup_uploaded_bytes_total',
    help: 'New bytes that backups wrote to the repository',
    labelNames: volume,
    registers,
  });

  const drills = createDrillMetrics(registry);

  const ended = (
    kind: string,
    { namespace, claim }: VolumeLabels,
    record: { outcome: string; durationSeconds: number; failure?: { type: string } | undefined },
  ): void => {
    runs.inc({ kind, outcome: record.outcome, failure: record.failure?.type ?? '', namespace, claim });
    duration.observe({ kind, outcome: record.outcome }, record.durationSeconds);
  };

  return {
    contentType: registry.contentType,
    backupEnded({ namespace, claim }, record) {
      ended('backup', { namespace, claim }, record);
      if (record.outcome !== 'Succeeded') return;
      lastSuccess.set({ namespace, claim }, Date.parse(record.finishedAt) / 1000);
      if (record.bytes !== undefined) lastBytes.set({ namespace, claim }, record.bytes);
      if (record.uploadedBytes !== undefined) uploaded.inc({ namespace, claim }, record.uploadedBytes);
    },
    restoreEnded: (labels, record) => ended('restore', labels, record),
    drillEnded(record) {
      ended('drill', record, record);
      drills(record);
    },
    drillKnown: drills,
    countRequests(read) {
      new Counter({
        name: 'stowage_kubernetes_requests_total',
        help: 'Kubernetes API requests of this process since its start',
        labelNames: ['verb', 'kind'] as const,
        registers,
        collect() {
          this.reset();
          for (const [request, number] of Object.entries(read())) {
            const [verb = request, kind = ''] = request.split(' ');
            this.inc({ verb, kind }, number);
          }
        },
      });
    },
    page: () => registry.metrics(),
  };
}
