import type { VolumeStatus } from '../volume-status.ts';
import { age, bytes, count, duration, parseTime, time } from './format.ts';
import type { Colors } from './output.ts';
import { renderFacts, renderTable } from './table.ts';

/** One row for each application volume (pure). */
export function renderStatus(colors: Colors, volumes: readonly VolumeStatus[], now: Date): string {
  if (volumes.length === 0) return 'No application volumes are known here.';
  const rows = volumes.map((volume) => [
    volume.namespace,
    volume.claim,
    phase(colors, volume),
    lastBackup(colors, volume, now),
    bytes(volume.lastBackup?.bytes),
    next(colors, volume, now),
    running(volume, now),
  ]);
  return renderTable(colors, ['NAMESPACE', 'CLAIM', 'STATE', 'LAST BACKUP', 'SIZE', 'NEXT', 'RUNNING'], rows);
}

/** Everything about one application volume (pure). */
export function renderVolume(colors: Colors, volume: VolumeStatus, now: Date): string {
  const { lastBackup: backup, lastFailure, restored } = volume;
  const when = (text: string | undefined): string => {
    const date = parseTime(text);
    return date ? `${time(date)} (${age(date, now)})` : '-';
  };
  const facts = renderFacts(colors, [
    ['claim', `${phase(colors, volume)}${volume.capacity ? `, ${volume.capacity}` : ''}`],
    ...volume.schedules.map((schedule): [string, string] => [
      'schedule',
      `${schedule.scheduleId}, ${schedule.paused ? `paused${schedule.note ? `: ${schedule.note}` : ''}` : `next ${when(schedule.next)}`}`,
    ]),
    ['last backup', backup ? `${outcome(colors, backup.outcome)} ${when(backup.finishedAt)}` : 'none'],
    ['  snapshot', backup?.snapshotId],
    ['  content', backup?.files === undefined ? undefined : `${count(backup.files)} files, ${bytes(backup.bytes)}`],
    ['  uploaded', backup?.uploadedBytes === undefined ? undefined : bytes(backup.uploadedBytes)],
    ['  took', backup && duration(backup.durationSeconds * 1000)],
    ['suspicious', backup?.suspicious && colors.yellow(backup.suspicious.message)],
    ['last failure', lastFailure && colors.red(`${lastFailure.type}: ${lastFailure.message}`)],
    ['  at', lastFailure?.time && when(lastFailure.time)],
    ['restored', restored && `from ${restored.snapshotId} ${when(restored.at)}`],
    ['  state of', restored?.snapshotTime && when(restored.snapshotTime)],
    ...volume.running.map((run): [string, string] => ['running', `${run.workflowId}, since ${when(run.since)}`]),
  ]);
  return `${colors.bold(`${volume.namespace}/${volume.claim}`)}\n${facts}`;
}

function phase(colors: Colors, { phase: found }: VolumeStatus): string {
  if (found === undefined) return '?';
  return found === 'Bound' ? found : colors.red(found);
}

function lastBackup(colors: Colors, { lastBackup: backup, lastFailure }: VolumeStatus, now: Date): string {
  const finished = parseTime(backup?.finishedAt);
  const when = finished ? age(finished, now) : 'none';
  if (lastFailure) return `${when}, ${colors.red(lastFailure.type)}`;
  if (backup?.suspicious) return `${when}, ${colors.yellow('Suspicious')}`;
  return backup && backup.outcome !== 'Succeeded' ? `${when}, ${colors.red(backup.outcome)}` : when;
}

function next(colors: Colors, { schedules }: VolumeStatus, now: Date): string {
  const [first] = schedules;
  if (!first) return colors.yellow('no schedule');
  if (first.paused) return colors.yellow('paused');
  const date = parseTime(first.next);
  return date ? age(date, now) : '-';
}

function running({ running: runs }: VolumeStatus, now: Date): string {
  return runs
    .map(({ workflowId, since }) => {
      const date = parseTime(since);
      return `${workflowId.split('/')[0] ?? workflowId}${date ? ` since ${age(date, now).replace(/ ago$/, '')}` : ''}`;
    })
    .join(', ');
}

const outcome = (colors: Colors, text: string): string =>
  text === 'Succeeded' ? colors.green(text) : colors.red(text);
