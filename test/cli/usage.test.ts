import { describe, expect, it } from 'vitest';
import { expectGolden } from './golden.ts';
import { stowage } from './run-cli.ts';

/** Nothing listens there: whatever gets this far shows that nothing was caught before. */
const nowhere = { STOWAGE_TEMPORAL_ADDRESS: '127.0.0.1:1' };

describe('wrong command lines', () => {
  it.each([
    [[], 'Usage:'],
    [['frobnicate'], 'unknown command'],
    [['backup', '-n', 'demo'], "missing required argument 'claim'"],
    [['backup', 'app-config'], "required option '-n, --namespace"],
    [['backup', 'app-config', '-n', 'demo', '--copy-method', 'Magic'], 'Allowed choices are Snapshot, Clone, Direct'],
    [['restore', 'app-config', '-n', 'demo', '--previous', '-1'], 'must be a whole number'],
    [['schedules', 'apply'], "required option '-f, --file"],
    [['status'], 'status needs a namespace'],
    [['status', 'app-config', '-A'], 'status needs a namespace'],
    [['backup', 'app-config', '-n', 'demo', '--address', 'nonsense'], "--address: 'nonsense' is not host:port"],
  ])('%j end with exit code 2 and say why', async (args, text) => {
    const { exitCode, stdout, stderr } = await stowage(args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(text);
  });

  it('a Temporal that is not there is named with what to check, also as JSON', async () => {
    const { exitCode, stdout, stderr } = await stowage(['backup', 'app-config', '-n', 'demo', '--json'], {
      env: nowhere,
    });
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toEqual({
      outcome: 'Failed',
      exitCode: 1,
      failure: {
        message: 'Temporal does not answer at 127.0.0.1:1',
        remedy: expect.stringContaining('STOWAGE_TEMPORAL_ADDRESS'),
      },
    });
    expect(stderr).toContain('Temporal does not answer at 127.0.0.1:1');
  }, 20_000);

  it('manifests with mistakes end with the code of InvalidSpec before Temporal is asked', async () => {
    const stdin =
      'apiVersion: volsync.backube/v1alpha1\nkind: ReplicationSource\nmetadata: {name: a}\nspec: {kopia: {}}\n';
    const { exitCode, stderr } = await stowage(['schedules', 'plan', '-f', '-'], { env: nowhere, stdin });
    expect(exitCode).toBe(11);
    expect(stderr).toContain('InvalidSpec: (stdin): ?/a: ');
  });
});

describe('help', () => {
  it.each([
    '',
    'init',
    'backup',
    'restore',
    'drill',
    'drills',
    'snapshots',
    'maintain',
    'verify',
    'status',
    'watch',
    'schedules plan',
    'plan',
    'coverage',
    'adopt',
    'release',
  ])('of stowage %s has examples and exit codes', async (command) => {
    const { exitCode, stdout, stderr } = await stowage([...command.split(' ').filter(Boolean), '--help']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain('Examples:');
    await expectGolden(`help${command && `-${command.replace(' ', '-')}`}`, stdout);
  });
});
