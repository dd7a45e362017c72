import { isAbsolute } from 'node:path';
import { parseArgs } from 'node:util';
import { PlatformError } from '../errors.ts';
import { BackendKind } from './backend.ts';

/** The driver's command line, checked. */
export type DriverOptions = {
  readonly socket: string;
  readonly registrationSocket: string;
  readonly dataDirectory: string;
  readonly driverName: string;
  readonly nodeId: string;
  readonly kubeletDirectory: string;
  readonly protoDirectory: string;
  readonly backend: BackendKind | 'auto';
};

const flags = [
  'socket',
  'registration-socket',
  'data-dir',
  'driver-name',
  'node-id',
  'kubelet-dir',
  'proto-dir',
] as const;
const paths: readonly string[] = ['socket', 'registration-socket', 'data-dir', 'kubelet-dir', 'proto-dir'];

/**
 * Reads the command line. Pure.
 * @throws PlatformError naming all flags that are missing or wrong.
 */
export function parseDriverOptions(argv: readonly string[]): DriverOptions {
  const string = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...argv],
    options: { ...Object.fromEntries(flags.map((flag) => [flag, string])), backend: { ...string, default: 'auto' } },
    strict: true,
  });
  const given = values as Record<string, string | undefined>;
  const backend = given.backend ?? 'auto';
  const problems = flags.flatMap((flag) => {
    const value = given[flag];
    if (!value) return [`--${flag} is missing`];
    return paths.includes(flag) && !isAbsolute(value) ? [`--${flag} is '${value}': give an absolute path`] : [];
  });
  const kinds: readonly string[] = ['auto', ...Object.values(BackendKind)];
  if (!kinds.includes(backend)) problems.push(`--backend is '${backend}': use ${kinds.join(', ')}`);
  if (problems.length > 0) throw new PlatformError(problems.join('; '));
  const text = (flag: (typeof flags)[number]): string => given[flag] ?? '';
  return {
    socket: text('socket'),
    registrationSocket: text('registration-socket'),
    dataDirectory: text('data-dir'),
    driverName: text('driver-name'),
    nodeId: text('node-id'),
    kubeletDirectory: text('kubelet-dir'),
    protoDirectory: text('proto-dir'),
    backend: backend as DriverOptions['backend'],
  };
}
