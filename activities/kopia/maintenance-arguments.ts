import type { MaintenanceMode } from '../../api/care-request.ts';
import { flag } from './argument-values.ts';

/** Quiet where the answer is JSON. */
const QUIET = ['--log-level=error', '--disable-file-logging', '--no-progress'] as const;

/** Who maintains, as VolSync's fork says (compatibility.md 4.8): a repository can go back and forth between the two. */
export const MAINTENANCE_OWNER = { username: 'maintenance', hostname: 'volsync' } as const;

/** `maintenance info --json`: owner, cycles, and how the last runs of each task ended. */
export const maintenanceInfoArguments = (): string[] => ['maintenance', 'info', '--json', ...QUIET];

/** Makes `owner` the one who maintains, with both cycles on. */
export const maintenanceSetArguments = (owner: string): string[] => [
  'maintenance',
  'set',
  ...QUIET,
  flag('owner', owner),
  '--enable-quick=true',
  '--enable-full=true',
];

/** `blob stats`: how many blobs there are, and their bytes. */
export const blobStatsArguments = (prefix: string): string[] => [
  'blob',
  'stats',
  '--raw',
  ...QUIET,
  ...(prefix ? [flag('prefix', prefix)] : []),
];

/** `maintenance run`, always with Kopia's full safety margins: less loses data beside writers (faults.md B23). */
export const maintenanceRunArguments = (mode: MaintenanceMode): string[] => [
  'maintenance',
  'run',
  mode === 'Full' ? '--full' : '--no-full',
  '--safety=full',
  '--log-level=info',
  '--disable-file-logging',
  '--no-progress',
];
