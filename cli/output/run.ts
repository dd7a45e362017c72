import type { BackupVolumeResult } from '../../workflows/backup/contract.ts';
import type { InitRepositoryResult } from '../../workflows/repository/contract.ts';
import type { Comparison, RestoreVolumeResult } from '../../workflows/restore/contract.ts';
import type { RunFailure } from '../run-end.ts';
import { bytes, count, duration, parseTime, time } from './format.ts';
import type { Colors } from './output.ts';
import { renderFacts } from './table.ts';

/** What a proven backup says (pure). */
export function renderBackup(colors: Colors, result: BackupVolumeResult): string {
  return [
    colors.green(`Backed up: snapshot ${result.snapshotId}`),
    renderFacts(colors, [
      ['identity', result.identity],
      ['repository', result.repository],
      ['content', `${count(result.files)} files, ${count(result.directories)} folders, ${bytes(result.bytes)}`],
      ['uploaded', result.uploadedBytes === undefined ? undefined : bytes(result.uploadedBytes)],
      ['snapshots', `${result.snapshotsKept} kept, ${result.removedSnapshots.length} removed by retention`],
      ['time', total(result.phases)],
    ]),
    ...(result.suspicious ? [colors.yellow(`Suspicious: ${result.suspicious.message}`)] : []),
  ].join('\n');
}

/** What a restore says, also when it rightly did nothing (pure). */
export function renderRestore(colors: Colors, result: RestoreVolumeResult): string {
  const taken = parseTime(result.snapshotTime);
  return [
    (result.outcome === 'TargetExists' ? colors.yellow : colors.green)(result.message),
    renderFacts(colors, [
      ['identity', result.identity],
      ['snapshot', result.snapshotId && `${result.snapshotId}${taken ? `, taken ${time(taken)}` : ''}`],
      [
        'content',
        result.files === undefined
          ? undefined
          : `${count(result.files)} files, ${count(result.directories ?? 0)} folders, ${bytes(result.bytes)}`,
      ],
      ['checked', result.comparison && checked(result.comparison)],
      ['not set', result.comparison && notSet(result.comparison)],
      ['volume', result.volumeName],
      ['time', total(result.phases)],
    ]),
  ].join('\n');
}

export function renderInit(
  colors: Colors,
  { outcome, repository, uniqueId, path, location }: InitRepositoryResult,
): string {
  const text: Readonly<Record<InitRepositoryResult['outcome'], string>> = {
    Created: `Repository ${repository} was created`,
    Adopted: `Repository ${repository} was adopted; nothing in it was changed`,
    AlreadyKnown: `Repository ${repository} is the known one already`,
  };
  return `${colors.green(text[outcome])}\n${renderFacts(colors, [
    ['unique id', uniqueId],
    ['lies in', location ?? (path && `${path}/ of its volume`)],
  ])}`;
}

/** What went wrong, and what to do (pure). */
export function renderFailure(
  colors: Colors,
  failure: Pick<RunFailure, 'type' | 'message' | 'remedy'> & { readonly outcome?: string },
  link?: string,
): string {
  const kind = failure.type ?? (failure.outcome === 'Canceled' ? 'Canceled' : 'Error');
  return [
    `${colors.red(colors.bold(kind))}: ${failure.message}`,
    ...(failure.remedy ? [`${colors.bold('→')} ${failure.remedy}`] : []),
    ...(link ? [colors.dim(link)] : []),
  ].join('\n');
}

function checked({ filesFound, filesExpected, contentsCompared, mismatches }: Comparison): string {
  const files = `${count(filesFound)} of ${count(filesExpected)} files there, ${count(contentsCompared)} contents compared`;
  return mismatches.count === 0 ? `${files}, no difference` : `${files}, ${mismatches.count} differ`;
}

/** Owners, modes and times that the mover may not set are told, never lost in silence. */
function notSet({ owners, modes, times }: Comparison): string | undefined {
  const parts = [
    { name: 'owners', ...owners },
    { name: 'modes', ...modes },
    { name: 'times', ...times },
  ].filter((deviation) => deviation.count > 0);
  if (parts.length === 0) return undefined;
  return parts.map(({ name, count: n, examples }) => `${n} ${name} (${examples.slice(0, 3).join(', ')})`).join('; ');
}

/** The phases' sum would count what ran side by side twice: it is named as work, not as waiting. */
const total = (phases: readonly { milliseconds: number }[]): string =>
  `${duration(phases.reduce((sum, phase) => sum + phase.milliseconds, 0))} of work in ${phases.length} ${phases.length === 1 ? 'phase' : 'phases'}`;
