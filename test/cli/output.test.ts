import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { renderMaintenance, renderVerification } from '../../cli/output/care.ts';
import { age, bytes, duration } from '../../cli/output/format.ts';
import { createOutput } from '../../cli/output/output.ts';
import { liveLine, moverText, NOTHING_SAID, progressLines } from '../../cli/output/progress.ts';
import { renderBackup, renderFailure, renderInit, renderRestore } from '../../cli/output/run.ts';
import { renderApplied, renderPlan } from '../../cli/output/schedule-plan.ts';
import { renderSnapshots } from '../../cli/output/snapshots.ts';
import { renderStatus, renderVolume } from '../../cli/output/status.ts';
import { verificationRequest } from '../../cli/requests.ts';
import type { RunView } from '../../cli/run-view.ts';
import { desiredSchedules } from '../../schedules/desired.ts';
import { planSchedules } from '../../schedules/plan.ts';
import { ownNote } from '../../schedules/settings.ts';
import type { VerificationResult } from '../../workflows/care/contract.ts';
import { found } from '../schedules/arbitraries.ts';
import { declared } from '../schedules/manifests.ts';
import { expectGolden } from './golden.ts';
import { backupResult, comparison, now, restoreResult, snapshot, suspicion, volumes } from './samples.ts';

const plain = pc.createColors(false);

describe('results as a person reads them', () => {
  it('a backup', () => expectGolden('backup', renderBackup(plain, backupResult)));

  it('a backup of a source that shrank', () =>
    expectGolden('backup-suspicious', renderBackup(plain, { ...backupResult, suspicious: suspicion })));

  it('a restore, with what could not be set', () =>
    expectGolden('restore', renderRestore(plain, { ...restoreResult, comparison })));

  it('a restore that rightly did nothing', () => {
    const { identity, phases } = restoreResult;
    const message = 'demo/app-config exists (uid 1234): nothing was touched';
    return expectGolden('restore-exists', renderRestore(plain, { outcome: 'TargetExists', message, identity, phases }));
  });

  it('a repository', () =>
    expectGolden('init', renderInit(plain, { outcome: 'Created', repository: 'kopia', uniqueId: 'ab12' })));

  it('a maintenance', () => {
    const message = 'full maintenance of kopia ran (9 tasks)';
    const content = {
      ...{
        identities: 3,
        snapshots: 90,
        logicalBytes: 3e9,
        storedBytes: 1e9,
        stored: '1.0 GB for 3.0 GB of newest data',
      },
      ...{ blobs: 210, indexBlobs: 4, observedTime: '2026-11-23T12:00:00Z' },
    };
    const result = { outcome: 'Succeeded', message, repository: 'kopia', content, phases: [] } as const;
    return expectGolden('maintain', renderMaintenance(plain, result));
  });

  it('a verification of a part', () => {
    const report = {
      ...{ mode: 'deep', part: { index: 6, of: 30 }, snapshots: 90, objects: 4000, contentsChecked: 5200 },
      ...{ contentsRead: 170, bytesRead: 3.4e7, damagedContents: 0, damagedPacks: 0, packs: [] },
      ...{ affectedSnapshots: 0, affectedIdentities: [], affected: [] },
    } as const;
    const round = { parts: 30, nextPart: 7, allReadTime: '2026-11-20T04:07:00Z' };
    const message = 'whole: 90 snapshots, 170 contents of part 7 of 30 read (34000000 bytes)';
    const result = { outcome: 'Succeeded', message, repository: 'kopia', verified: { report, round }, phases: [] };
    return expectGolden('verify', renderVerification(plain, structuredClone(result) as VerificationResult));
  });

  it('a verification with --parts alone is refused', () => {
    expect(() => verificationRequest({ parts: 3 })).toThrow('--parts is for a deep verification');
  });

  it('a failure with its remedy and its link', () =>
    expectGolden(
      'failure',
      renderFailure(
        plain,
        {
          type: 'WrongPassword',
          message: 'the password does not open the repository',
          remedy: 'Put the right one there.',
        },
        'http://127.0.0.1:8233/namespaces/default/workflows/backup%2Fdemo%2Fapp-src/run/history',
      ),
    ));

  it('snapshots, newest first, those that are not whole marked', () => {
    const snapshots = [
      snapshot({ id: 'a'.repeat(32), startTime: '2026-11-22T12:00:00Z', pins: ['before-upgrade'] }),
      snapshot({ id: 'b'.repeat(32), startTime: '2026-11-23T11:00:05Z' }),
      snapshot({ id: 'c'.repeat(32), startTime: '2026-11-23T10:00:00Z', incomplete: 'canceled', retentionReasons: [] }),
      snapshot({ id: 'd'.repeat(32), startTime: '2026-11-23T09:00:00Z', failedEntries: 3 }),
    ];
    return expectGolden('snapshots', renderSnapshots(plain, { identity: 'app-src@demo:/data', snapshots }, now));
  });

  it('the status of all volumes', () => expectGolden('status', renderStatus(plain, volumes, now)));

  it('the status of one volume', () =>
    expectGolden('status-volume', volumes.map((volume) => renderVolume(plain, volume, now)).join('\n\n')));

  it('a plan with everything in it, and what was done', async () => {
    const desired = desiredSchedules([
      declared({ name: 'a-new' }),
      declared({ name: 'b-new-paused', spec: { paused: true } }),
      declared({ name: 'c-drifted' }),
      declared({ name: 'd-to-pause', spec: { paused: true } }),
      declared({ name: 'e-to-unpause' }),
      declared({ name: 'f-operator' }),
      declared({ name: 'g-foreign' }),
      declared({ name: 'h-same' }),
    ]);
    const exist = [
      ...desired.slice(2),
      ...desiredSchedules([declared({ name: 'z-gone' }), declared({ name: 'z-more' })]),
    ].map(found);
    const change: Record<string, object> = {
      'backup/demo/c-drifted': { settings: { ...exist[0]?.settings, timeZone: 'Europe/Berlin', catchUpSeconds: 60 } },
      'backup/demo/d-to-pause': { paused: false, note: '' },
      'backup/demo/e-to-unpause': { paused: true, note: ownNote('x') },
      'backup/demo/f-operator': { paused: true, note: 'disk swap' },
      'backup/demo/g-foreign': { owned: false },
    };
    const current = exist.map((schedule) => ({ ...schedule, ...change[schedule.scheduleId] }));
    await expectGolden('plan-keep', renderPlan(plain, planSchedules(desired, current, { mode: 'Keep', atMost: 0 })));
    await expectGolden(
      'plan-refused',
      renderPlan(plain, planSchedules(desired, current, { mode: 'Bounded', atMost: 1 })),
    );
    const allowed = planSchedules(desired, current, { mode: 'Allow', atMost: 0 });
    const applied = allowed.changes.map((one, index) => ({
      change: one,
      ...(index === 0 && { error: 'server said no' }),
    }));
    await expectGolden('applied', renderApplied(plain, allowed, applied));
  });
});

describe('numbers and times', () => {
  it.each([
    [820, '820 ms'],
    [1234, '1.23 s'],
    [59_940, '59.9 s'],
    [245_000, '4 min 5 s'],
    [240_000, '4 min'],
    [7_800_000, '2 h 10 min'],
    [90_000_000, '1 d 1 h'],
  ])('%i ms is %s', (milliseconds, text) => {
    expect(duration(milliseconds)).toBe(text);
  });

  it.each([
    ['2026-11-23T12:00:00Z', 'now'],
    ['2026-11-23T11:59:30Z', '30 s ago'],
    ['2026-11-23T11:57:00Z', '3 min ago'],
    ['2026-11-23T12:12:00Z', 'in 12 min'],
    ['2026-11-22T11:00:00Z', '25 h ago'],
    ['2026-11-13T12:00:00Z', '10 d ago'],
  ])('%s is %s', (then, text) => {
    expect(age(new Date(then), now)).toBe(text);
  });

  it('shows what is not known as such', () => {
    expect(bytes(undefined)).toBe('-');
    expect(bytes(0)).toBe('0 B');
  });
});

describe('progress', () => {
  const running = { jobName: 'volsync-src-app', state: 'Running' } as const;
  const at = (change: Partial<RunView>): RunView => ({
    open: true,
    answered: true,
    startTime: new Date('2026-11-23T11:59:50Z'),
    phase: 'Mover',
    phases: [],
    steps: [],
    ...change,
  });
  const mover = (percent: number) =>
    at({
      steps: [{ activity: 'runBackupMover', attempt: 1, mover: { ...running, percent, bytesDone: percent * 1e6 } }],
    });

  it('tells each phase once', () => {
    const first = progressLines(plain, at({ phases: [{ phase: 'Preflight', milliseconds: 80 }] }), NOTHING_SAID, {
      movers: true,
    });
    expect(first.lines).toEqual(['✓ Preflight        80 ms']);
    const both = at({
      phases: [
        { phase: 'Preflight', milliseconds: 80 },
        { phase: 'Capture', milliseconds: 1234 },
      ],
    });
    const second = progressLines(plain, both, first.said, { movers: true });
    expect(second.lines).toEqual(['✓ Capture          1.23 s']);
    expect(progressLines(plain, both, second.said, { movers: true }).lines).toEqual([]);
  });

  it('tells a mover every ten percent where the line can not be overwritten, and not at all where it can', () => {
    let said = NOTHING_SAID;
    const lines: string[] = [];
    for (let percent = 0; percent <= 100; percent += 3) {
      const told = progressLines(plain, mover(percent), said, { movers: true });
      said = told.said;
      lines.push(...told.lines);
    }
    expect(lines).toHaveLength(10);
    expect(lines[1]).toBe('  12 %, 12 MB');
    expect(progressLines(plain, mover(50), NOTHING_SAID, { movers: false }).lines).toEqual([]);
  });

  it('tells once why something waits or is tried again', () => {
    const view = at({
      steps: [
        {
          activity: 'runBackupMover',
          attempt: 1,
          mover: { ...running, state: 'Waiting', waitingFor: '0/1 nodes available' },
        },
        {
          activity: 'preflightBackup',
          attempt: 3,
          lastFailure: { type: 'VolumeBusy', message: 'a restore is under way' },
        },
      ],
    });
    const first = progressLines(plain, view, NOTHING_SAID, { movers: true });
    expect(first.lines).toEqual([
      '  runBackupMover: mover waits: 0/1 nodes available',
      '  preflightBackup: attempt 3 after VolumeBusy: a restore is under way',
    ]);
    expect(progressLines(plain, view, first.said, { movers: true }).lines).toEqual([]);
  });

  it('says everything that a mover reports', () => {
    const all = {
      percent: 45.9,
      bytesDone: 1.2e9,
      bytesTotal: 2.7e9,
      bytesUploaded: 1.3e8,
      bytesPerSecond: 35e6,
      secondsLeft: 42,
    };
    expect(moverText({ ...running, ...all })).toBe('45 %, 1.2 GB of 2.7 GB, 130 MB uploaded, 35 MB/s, 42.0 s left');
    expect(moverText(running)).toBe('mover runs');
    expect(moverText({ ...running, state: 'Ended' })).toBe('mover ended');
  });

  it('shows on a live line where the run is, also while no worker answers', () => {
    expect(liveLine(mover(12), now)).toBe('  … Mover (10.0 s): 12 %, 12 MB');
    const { phase: _, ...silent } = at({ answered: false });
    expect(liveLine(silent, now)).toBe('  … Starting (10.0 s), waiting for a worker on task queue control');
  });

  it('overwrites its line on a terminal, cut to its width, and writes none elsewhere', () => {
    const written: string[] = [];
    const stream = { isTTY: true, columns: 10, write: (text: string) => void written.push(text) };
    const output = createOutput({ ...stream, write: () => undefined }, stream, false);
    output.live('0123456789abc');
    output.live('0123456789xyz');
    output.note('done');
    expect(written).toEqual(['\r\u001b[K012345678', '\r\u001b[K', 'done\n']);
    const piped: string[] = [];
    const pipe = { isTTY: false, write: (text: string) => void piped.push(text) };
    createOutput(pipe, pipe, false).live('x');
    expect(piped).toEqual([]);
  });
});
