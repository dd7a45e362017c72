import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  policySetArguments,
  repositoryCreateArguments,
  snapshotCreateArguments,
  snapshotListArguments,
  snapshotRestoreArguments,
} from '../../../activities/kopia/arguments.ts';
import { PortError } from '../../../activities/ports/port-error.ts';

const identity = { username: 'app-src', hostname: 'demo', path: '/data' };

/** Texts that mean something to a shell, to Kopia or to its parser of arguments. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '--password=x',
    '-p',
    '--',
    '@/etc/passwd',
    '$(id)',
    '`id`',
    '; rm -rf /',
    '\n--all',
    "'",
    '"',
    '/data --all',
  ),
  fc.string().map((text) => `--${text}`),
  fc.string().map((text) => `/${text}`),
);

/** Flags that any of the builders may use; nothing else may begin with a dash. */
const FLAGS =
  /^--(json|no-auto-maintenance|flush-per-source|log-level=(error|info)|disable-file-logging|no-progress|parallel=\d+|override-source=[\s\S]*|tags=[\s\S]*|metrics-listen-addr=\S+|write-sparse-files|skip-owners|all|keep-[a-z]+=\d+|compression=[a-z0-9-]+|ignore-identical-snapshots=false|create-only|file-mode=660|dir-mode=770|path=\/[\s\S]*)$/;

function built(build: () => string[]): string[] | undefined {
  try {
    return build();
  } catch (error) {
    expect(error).toBeInstanceOf(PortError);
    expect((error as PortError).type).toBe('InvalidInput');
    return undefined;
  }
}

describe('arguments', () => {
  it('says everything with glued values, and operands last', () => {
    expect(
      snapshotCreateArguments({
        sourcePath: '/data',
        identity,
        tags: { 'stowage-run': 'r-1' },
        parallelism: 2,
        metricsAddress: ':9090',
      }),
    ).toEqual([
      'snapshot',
      'create',
      '--json',
      '--no-auto-maintenance',
      '--flush-per-source',
      '--log-level=error',
      '--disable-file-logging',
      '--no-progress',
      '--parallel=2',
      '--override-source=app-src@demo:/data',
      '--tags=stowage-run:r-1',
      '--metrics-listen-addr=:9090',
      '/data',
    ]);
  });

  it('always sets six tiers', () => {
    const retain = { latest: 0, hourly: 24, daily: 7, weekly: 0, monthly: 0, yearly: 0 };
    const args = policySetArguments({ identity, retain, compression: 'zstd-fastest' });
    expect(args.filter((arg) => arg.startsWith('--keep-'))).toEqual([
      '--keep-latest=0',
      '--keep-hourly=24',
      '--keep-daily=7',
      '--keep-weekly=0',
      '--keep-monthly=0',
      '--keep-annual=0',
    ]);
  });

  it('never lets a value become another flag or an operand of its own', () => {
    fc.assert(
      fc.property(hostile, hostile, hostile, hostile, fc.double(), (a, b, c, d, n) => {
        const wild = { username: a, hostname: b, path: c };
        const retain = { latest: n, hourly: 24, daily: 7, weekly: 0, monthly: 0, yearly: 0 };
        const builds: (() => string[])[] = [
          () => snapshotCreateArguments({ sourcePath: a, identity, tags: { [b]: c }, parallelism: n }),
          () =>
            snapshotCreateArguments({
              sourcePath: '/d',
              identity: wild,
              tags: { run: d },
              parallelism: 1,
              metricsAddress: d,
            }),
          () => snapshotCreateArguments({ sourcePath: '/d', identity, tags: { run: d }, parallelism: 1 }),
          () => snapshotRestoreArguments({ snapshotId: a, targetPath: b, skipOwners: true, parallelism: n }),
          () =>
            snapshotRestoreArguments({
              snapshotId: 'a'.repeat(32),
              targetPath: c,
              skipOwners: false,
              metricsAddress: d,
            }),
          () => snapshotListArguments({ identity: wild }),
          () => snapshotListArguments({ identity: { ...identity, path: c } }),
          () => policySetArguments({ identity: wild, retain, compression: d }),
          () => policySetArguments({ identity, retain: { ...retain, latest: 1 }, compression: d }),
          () => repositoryCreateArguments({ path: a }),
        ];
        for (const build of builds) {
          const args = built(build);
          if (!args) continue;
          for (const arg of args) {
            expect(arg).not.toContain('\0');
            if (arg.startsWith('-')) expect(arg).toMatch(FLAGS);
            else
              expect(arg).toMatch(
                /^([a-z]+|\/[\s\S]*|[a-zA-Z0-9]{8,}|[A-Za-z0-9][\w.-]*@[A-Za-z0-9][\w.-]*:\/[\s\S]*)$/,
              );
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});
