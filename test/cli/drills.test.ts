import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import type { DrillRecord } from '../../api/drill-record.ts';
import { type DeclaredRepository, readKopiaRepository } from '../../api/kopia-repository.ts';
import type { DeclaredManifest } from '../../cli/declared-objects.ts';
import { classifyDrills, type DrillVerdict, isInOrder } from '../../cli/drill-rows.ts';
import { renderDrill, renderDrills } from '../../cli/output/drills.ts';
import { sourceObject, volsyncStatus, worldOf } from './declared.ts';
import { expectGolden } from './golden.ts';
import { stowage } from './run-cli.ts';

const now = new Date('2026-11-23T12:00:00Z');
const plain = pc.createColors(false);

const record = (change: Partial<DrillRecord> = {}): DrillRecord => ({
  ...{ namespace: 'demo', claim: 'app-config', source: 'app-src', repository: 'kopia', identity: 'app-src@demo:/data' },
  ...{ workflowId: 'drill/demo/app-src', runId: 'run-1', outcome: 'Passed' },
  message: 'demo/app-config was restored in 42.5 s from the snapshot of 2026-11-20T03:00:05Z',
  ...{ startedAt: '2026-11-20T03:07:00Z', finishedAt: '2026-11-20T03:08:00Z', durationSeconds: 60 },
  ...{ snapshotId: 'a'.repeat(32), snapshotTime: '2026-11-20T03:00:05Z', dataAgeSeconds: 415, restoreSeconds: 42.5 },
  ...{ files: 12_345, bytes: 1_234_567_890, bytesPerSecond: 41_000_000, contentsCompared: 12_345 },
  ...change,
});
const mismatch = { type: 'RestoreMismatch', message: '2 differences from snapshot a: a/file-1' };
const failed = (change: Partial<DrillRecord> = {}) => record({ outcome: 'Failed', failure: mismatch, ...change });

const repository = (drills: object): DeclaredRepository => {
  const reading = readKopiaRepository({ metadata: { name: 'kopia', namespace: 'stowage-system' }, spec: { drills } });
  if (reading.kind !== 'Repository') throw new Error(JSON.stringify(reading));
  return reading.declared;
};

const at = (finishedAt: string) => record({ finishedAt });

describe('an application is', () => {
  const cases: [DrillVerdict, string, DeclaredManifest, DrillRecord[], object?][] = [
    ['Passed', 'proven this month', sourceObject(), [record(), failed({ finishedAt: '2026-10-20T03:00:00Z' })]],
    ['Failed', 'not proven by its last drill, although by the one before', sourceObject(), [failed(), record()]],
    ['Passed', 'proven within two months', sourceObject(), [at('2026-09-23T12:00:00Z')]],
    ['Overdue', 'proven longer ago', sourceObject(), [at('2026-09-20T12:00:00Z')]],
    ['Overdue', 'three days ago where daily is declared', sourceObject(), [record()], { schedule: '0 3 * * *' }],
    ['NeverDrilled', 'old and was never drilled', sourceObject(), []],
    ['Scheduled', 'new', sourceObject({ created: '2026-11-20T00:00:00Z' }), []],
    ['Paused', 'held with its repository', sourceObject(), [], { paused: true }],
    ['Failed', 'held after a failure', sourceObject(), [failed()], { paused: true }],
    [
      'Passed',
      'not declared any more, and was proven',
      sourceObject({ name: 'other', control: 'released' }),
      [record()],
    ],
  ];
  it.each(cases)('%s: %s', (verdict, _what, source, history, drills = {}) => {
    const rows = classifyDrills(worldOf([source]), history.length > 0 ? [history] : [], [repository(drills)], now);
    expect(rows.map((row) => row.verdict)).toEqual([verdict]);
    expect(isInOrder(rows[0]!)).toBe(['Passed', 'Scheduled', 'Paused'].includes(verdict));
  });

  it("not counted while VolSync looks after it, and one of a name in another namespace is another one's", () => {
    expect(classifyDrills(worldOf([sourceObject({ status: volsyncStatus })]), [], [], now)).toEqual([]);
    const rows = classifyDrills(worldOf([sourceObject({ namespace: 'media' })]), [[record()]], [], now);
    expect(rows.map(({ namespace, verdict }) => [namespace, verdict])).toEqual([
      ['demo', 'Passed'],
      ['media', 'NeverDrilled'],
    ]);
  });
});

it('drills as a person reads them', () => {
  const sources = ['app-src', 'db-src', 'wiki-src', 'new-src'].map((name) =>
    sourceObject({
      name,
      spec: { sourcePVC: name.replace('-src', '-config') },
      created: name === 'new-src' ? '2026-11-22T00:00:00Z' : '2026-01-01T00:00:00Z',
    }),
  );
  const checked = { image: 'alpine/sqlite:3.48.0', seconds: 1.2, log: ['ok'] };
  const histories = [
    [record({ check: checked })],
    [failed({ source: 'db-src', claim: 'db-config', restoreSeconds: undefined })],
  ];
  return expectGolden('drills', renderDrills(plain, classifyDrills(worldOf(sources), histories, [], now), now));
});

it('a drill as a person reads it', () => {
  const check = { image: 'alpine/sqlite:3.48.0', seconds: 1.2, log: ['3 databases', 'ok'] };
  return expectGolden('drill', renderDrill(plain, { ...record({ check }), phases: [] }));
});

describe('stowage drills', () => {
  const cluster = (history: DrillRecord[]) => ({
    declared: async (kind: string) => (kind === 'ReplicationSource' ? [sourceObject()] : []),
    drills: async (namespace: string) => (namespace === 'stowage-system' ? [history] : []),
  });

  it('ends with 0 where all are proven, and tells the whole history as JSON', async () => {
    const history = [record(), failed({ runId: 'older' })];
    const { exitCode, stdout } = await stowage(['drills', '--json'], { cluster: cluster(history), now });
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ proven: 1, of: 1, drills: [{ verdict: 'Passed', history }] });
  });

  it('ends with 4 where one failed, on standard output', async () => {
    const { exitCode, stdout } = await stowage(['drills', '-n', 'demo'], { cluster: cluster([failed()]), now });
    expect(exitCode).toBe(4);
    expect(stdout).toContain('RestoreMismatch: 2 differences');
  });
});
