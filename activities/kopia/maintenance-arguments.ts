import type { Identity } from '../../api/identity.ts';
import { flag, positive, userAtHost } from './argument-values.ts';
import { QUIET } from './arguments.ts';

/** Who may maintain a repository; Kopia refuses everybody else. */
export type MaintenanceOwner = Pick<Identity, 'username' | 'hostname'>;

/** As VolSync's fork says (compatibility.md 4.8): a repository can go back and forth between the two. */
export const MAINTENANCE_OWNER: MaintenanceOwner = { username: 'maintenance', hostname: 'volsync' };

export interface MaintenanceSetRequest {
  readonly owner: MaintenanceOwner;
  /** Seconds between two runs, as Kopia states them to other tools; when ours run is decided by their schedules. */
  readonly quickIntervalSeconds: number;
  readonly fullIntervalSeconds: number;
  /** Kopia's own logs in the repository (`_log…`), one of each process that writes: older ones go at a quick or full run. */
  readonly logAgeHours: number;
}

/** Owner, both cycles on, and how long logs are kept. */
export function maintenanceSetArguments(request: MaintenanceSetRequest): string[] {
  return [
    'maintenance',
    'set',
    ...QUIET,
    flag('owner', userAtHost('owner', request.owner)),
    '--enable-quick=true',
    '--enable-full=true',
    flag('quick-interval', `${positive('quickIntervalSeconds', request.quickIntervalSeconds)}s`),
    flag('full-interval', `${positive('fullIntervalSeconds', request.fullIntervalSeconds)}s`),
    flag('max-retained-log-age', `${positive('logAgeHours', request.logAgeHours)}h`),
  ];
}

/**
 * One run. `--safety=none` can't be asked for: without Kopia's margins, data of a backup that runs beside it would be
 * removed. Exit 0 does not prove a run (a lock held elsewhere ends it so): compare {@link parseMaintenanceInfo}'s tasks.
 */
export const maintenanceRunArguments = ({ full }: { readonly full: boolean }): string[] => [
  'maintenance',
  'run',
  ...(full ? ['--full'] : []),
  '--safety=full',
  ...QUIET,
  // The last of them counts: what it says at the end is its only result.
  '--log-level=info',
];

/** Owner, cycles and the last runs, as JSON ({@link parseMaintenanceInfo}). */
export const maintenanceInfoArguments = (): string[] => ['maintenance', 'info', '--json', ...QUIET];
