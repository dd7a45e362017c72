import prettyBytes from 'pretty-bytes';
import type { BackupVolumeResult } from '../workflows/backup/contract.ts';
import { APP, CLAIM, NAMESPACE, SOURCE } from './application.ts';
import { type CommandRun, POD_SECONDS, RUN_SECONDS, type Stage, showCommand, tell } from './stage.ts';

const HOUR = 3_600_000;
const EVENTS_OF_A_RUN = 4;
const SCHEDULE = `backup/${NAMESPACE}/${SOURCE}`;

/** The hourly schedule, the backups that it and a person start, and what people see of them. */
export async function backUp(stage: Stage): Promise<void> {
  const { story, cluster, stowage, temporal, runs } = stage;
  story.chapter('Backup');
  await story.phase(
    'hourly Schedule in Temporal, planned from the source',
    () => hourlySchedule(stage),
    (text) => text,
  );
  await story.phase(
    'first backup, started by itself',
    () => firstBackup(stage),
    (time) => `proven, last sync ${time}`,
  );

  const selector = `volsync.backube/replication-source=${SOURCE}`;
  const tick = await story.phase(
    'the Schedule ticks (triggered), while the application writes; logs followed meanwhile',
    () => cluster.logsDuring(selector, temporal.trigger<BackupVolumeResult>(SCHEDULE)),
    ({ result }) => tellBackup(result.result),
  );
  if (tick.lines.length === 0) throw new Error(`kubectl logs -l ${selector} printed nothing during the run`);
  tell(story, `kubectl logs -n ${NAMESPACE} -l ${selector}`, tick.lines, 3);
  runs.push(tick.result);

  await story.phase('application stopped: kubectl scale --replicas=0', async () => {
    await cluster.read('scale', `deployment/${APP}`, '--replicas=0');
    await cluster.read(
      'wait',
      'pod',
      '-l',
      `app.kubernetes.io/name=${APP}`,
      '--for=delete',
      `--timeout=${POD_SECONDS}s`,
    );
  });
  const backup = () => stowage<CommandRun<BackupVolumeResult>>('backup', CLAIM, '--namespace', NAMESPACE);
  const last = await story.phase('stowage backup: its last rows', backup, ({ result }) => tellBackup(result));
  const unchanged = await story.phase('stowage backup: nothing changed', backup, ({ result }) => tellBackup(result));
  runs.push(last, unchanged);
  tellPhases(stage, unchanged.result.phases);

  await showCommand(stage, 5, 'get', 'replicationsource', '-A');
  const described = (await cluster.read('describe', 'replicationsource', SOURCE)).split('\n');
  tell(story, `kubectl describe replicationsource ${SOURCE} -n ${NAMESPACE}`, shortened(described), 60);
}

async function hourlySchedule({ cluster, temporal }: Stage): Promise<string> {
  // The watch writes the next time when the Schedule stands.
  await cluster.waitFor(`replicationsource/${SOURCE}`, 'jsonpath={.status.nextSyncTime}', RUN_SECONDS);
  const { nextTimes, timeZone } = await temporal.schedule(SCHEDULE);
  const [next, after] = nextTimes;
  if (!next || !after || after.getTime() - next.getTime() !== HOUR) {
    throw new Error(`Schedule ${SCHEDULE} is not hourly: ${nextTimes.slice(0, 3).map((time) => time.toISOString())}`);
  }
  return `${SCHEDULE}, next ${next.toISOString()}, then every hour (${timeZone})`;
}

async function firstBackup({ cluster }: Stage): Promise<string> {
  const source = `replicationsource/${SOURCE}`;
  await cluster.waitFor(source, 'jsonpath={.status.lastSyncTime}', RUN_SECONDS);
  await cluster.waitForReason(source, 'Protected', 'BackupProven', RUN_SECONDS);
  return await cluster.read('get', source, '-o', 'jsonpath={.status.lastSyncTime}');
}

/** The status, and the events of the last run. Times of transitions say little in a demo. */
function shortened(described: readonly string[]): string[] {
  const lines = described.filter((line) => line !== '' && !/Last Transition Time|Observed Generation/.test(line));
  const status = lines.indexOf('Status:');
  const events = lines.indexOf('Events:');
  // The heading of the table, and its rule.
  const table = events + 3;
  return [...lines.slice(status, table), ...lines.slice(table).slice(-EVENTS_OF_A_RUN)];
}

const tellBackup = (result: BackupVolumeResult): string =>
  `snapshot ${result.snapshotId.slice(0, 12)}…, ${result.files.toLocaleString('en')} files, ${prettyBytes(result.bytes)}, uploaded ${
    result.uploadedBytes === undefined ? 'unknown' : prettyBytes(result.uploadedBytes)
  }`;

/** Where the time of a run went. */
export function tellPhases({ story }: Stage, phases: BackupVolumeResult['phases']): void {
  story.line(`phases: ${phases.map((p) => `${p.phase} ${(p.milliseconds / 1000).toFixed(2)} s`).join(', ')}`);
}
