import { describe, expect, it } from 'vitest';
import {
  maintenanceInfoArguments,
  maintenanceRunArguments,
  maintenanceSetArguments,
} from '../../../activities/kopia/maintenance-arguments.ts';
import { parseMaintenanceInfo } from '../../../activities/kopia/maintenance-output.ts';
import { contentVerifyArguments, snapshotVerifyArguments } from '../../../activities/kopia/verify-arguments.ts';
import {
  parseContentStats,
  parseContentVerify,
  parseSnapshotVerify,
  snapshotLabel,
} from '../../../activities/kopia/verify-output.ts';

const PACK = 'p3d3e439feac8504004c597f811d80e37-s20cbde9c6d41133f147';
const PLACE = 'app-src@demo:/data@2026-11-25 13:18:32 UTC';

describe('content verify, as 0.21.1 says it', () => {
  it('tells missing packs, packs that are too short and flipped bytes apart', () => {
    const log = [
      'Verifying all contents...',
      `\u001b[31mERROR\u001b[0m error content 32ad2fd3 depends on missing blob ${PACK}`,
      `ERROR error content a45656b3 is invalid: invalid checksum at ${PACK} offset 400088 length 29/29: decrypt: unable to decrypt content: cipher: message authentication failed`,
      `ERROR error content 61cd7fbd out of bounds of its pack blob ${PACK}`,
      'Finished verifying 18 contents, found 3 errors.',
      'ERROR encountered 3 errors',
    ].join('\n');
    const { verified, damaged } = parseContentVerify(log);
    expect(verified).toBe(18);
    expect(damaged.map(({ content, pack, kind }) => [content, pack, kind])).toEqual([
      ['32ad2fd3', PACK, 'missing'],
      ['a45656b3', PACK, 'corrupt'],
      ['61cd7fbd', PACK, 'corrupt'],
    ]);
  });

  it('does not take an end before the last content for one', () => {
    expect(parseContentVerify('Verifying all contents...\nERROR iterate contents: stopped').verified).toBeUndefined();
  });
});

describe('snapshot verify, as 0.21.1 says it', () => {
  const stats = JSON.stringify({ stats: { processedObjectCount: 8 }, errorCount: 1 });

  it('names places, objects and packs, also where a name holds a colon', () => {
    const log = [
      `ERROR error processing ${PLACE}/d2/big: object Ix366127e6 is backed by missing blob ${PACK}`,
      `ERROR error processing ${PLACE}/a: b/c: verify object: unexpected content error: invalid checksum at ${PACK} offset 269 length 332/332: decrypt: no`,
      `ERROR error processing ${PLACE}: error reading directory: unable to open object: kec952ded: unexpected content error: invalid checksum at ${PACK} offset 892 length 345/345: decrypt: no`,
      `ERROR error processing ${PLACE}/f: verify object: error getting content info for 1cd3a33e: content not found`,
      'ERROR encountered 4 errors',
    ].join('\n');
    expect(
      parseSnapshotVerify(stats, log)?.damaged.map(({ place, object, pack, kind }) => [place, object, pack, kind]),
    ).toEqual([
      [`${PLACE}/d2/big`, 'Ix366127e6', PACK, 'missing'],
      [`${PLACE}/a: b/c`, undefined, PACK, 'corrupt'],
      [PLACE, 'kec952ded', PACK, 'corrupt'],
      [`${PLACE}/f`, '1cd3a33e', undefined, 'missing'],
    ]);
    expect(snapshotLabel('app-src@demo:/data', '2026-11-25T13:18:32.55042548Z')).toBe(PLACE);
  });

  it('knows when Kopia did not come to the snapshots', () => {
    expect(parseSnapshotVerify('', 'ERROR failed to open repository')).toBeUndefined();
    const log = 'ERROR error processing tree walker enqueue: unable to list snapshot manifests: no';
    expect(parseSnapshotVerify(stats, log)).toBeUndefined();
  });
});

describe('maintenance', () => {
  it('is never asked for without its margins, and Kopia is never let run it beside a check', () => {
    for (const full of [true, false]) {
      const args = maintenanceRunArguments({ full });
      expect(args).toContain('--safety=full');
      const flags = args.map((arg) => arg.split('=')[0]);
      expect(flags).toEqual([...new Set(flags)]);
    }
    expect(maintenanceRunArguments({ full: false })).not.toContain('--full');
    const request = { quickIntervalSeconds: 3_600, fullIntervalSeconds: 86_400, logAgeHours: 72 };
    const set = maintenanceSetArguments({ owner: { username: 'maintenance', hostname: 'volsync' }, ...request });
    expect(set).toEqual(expect.arrayContaining(['--owner=maintenance@volsync', '--quick-interval=3600s']));
    expect(() => maintenanceSetArguments({ owner: { username: '--force', hostname: 'a' }, ...request })).toThrow(
      /owner\.username/,
    );
  });

  it('tells its owner, its times and what failed', () => {
    const run = (start: string, more: object) => ({ start, end: start, ...more });
    const info = parseMaintenanceInfo(
      JSON.stringify({
        owner: 'maintenance@volsync',
        schedule: {
          nextFullMaintenance: '2026-11-26T00:00:00Z',
          nextQuickMaintenance: '0001-01-01T00:00:00Z',
          runs: {
            'snapshot-gc': [run('2026-11-25T00:00:00Z', { success: true })],
            'cleanup-logs': [run('2026-11-25T00:00:01Z', { error: 'disk gone' })],
          },
        },
      }),
    );
    expect(info).toEqual({
      owner: { username: 'maintenance', hostname: 'volsync' },
      nextFull: '2026-11-26T00:00:00Z',
      nextQuick: undefined,
      tasks: [
        { task: 'cleanup-logs', start: '2026-11-25T00:00:01Z', end: '2026-11-25T00:00:01Z', error: 'disk gone' },
        { task: 'snapshot-gc', start: '2026-11-25T00:00:00Z', end: '2026-11-25T00:00:00Z' },
      ],
    });
  });
});

it('asks for all errors, and for contents in machine-readable ranges', () => {
  expect(snapshotVerifyArguments()).toContain('--max-errors=-1');
  expect(contentVerifyArguments({ range: { hashPrefix: '0f' }, read: true })).toEqual(
    expect.arrayContaining(['--full', '--prefix=0f']),
  );
  expect(contentVerifyArguments({ range: 'metadata', read: false })).toContain('--prefixed');
  expect(parseContentStats('Count: 18\nTotal Bytes: 30604901\nAverage: 1700272')).toEqual({
    contents: 18,
    bytes: 30_604_901,
  });
  expect(maintenanceInfoArguments()).toContain('--json');
});
