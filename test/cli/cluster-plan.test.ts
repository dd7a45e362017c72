import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import type { ClaimView } from '../../cli/cluster.ts';
import { type ClusterFacts, desiredOf, planCluster } from '../../cli/cluster-plan.ts';
import type { DeclaredManifest } from '../../cli/declared-objects.ts';
import { renderClusterPlan } from '../../cli/output/cluster-plan.ts';
import { DEFAULT_DELETIONS } from '../../schedules/plan.ts';
import { ownNote } from '../../schedules/settings.ts';
import { found } from '../schedules/arbitraries.ts';
import { claimOf, condition, destinationObject, sourceObject, volsyncStatus, worldOf } from './declared.ts';
import { expectGolden } from './golden.ts';

const app = claimOf('app-config');
const proven = { conditions: [condition('Protected', 'True', 'BackupProven')] };

function factsOf(
  sources: readonly DeclaredManifest[],
  destinations: readonly DeclaredManifest[] = [],
  claims: readonly ClaimView[] = [app],
): ClusterFacts {
  const world = worldOf(sources, destinations);
  return { world, allSources: world.sources, claims };
}

const planOf = (facts: ClusterFacts, current: Parameters<typeof planCluster>[2] = [], prefix = 'backup/') =>
  planCluster(facts, desiredOf(facts), current, prefix);

describe('the plan of what a cluster declares', () => {
  it('is empty where the schedules are as the watch makes them', () => {
    const facts = factsOf([sourceObject({ status: proven })]);
    const [desired] = desiredOf(facts);
    expect(desired?.settings.request).toMatchObject({ declared: true });
    expect(desired?.startAtOnce).toBe(false);
    const { schedules, restores, held } = planOf(facts, [found(desired!)]);
    expect({ changes: schedules.changes, restores, held }).toEqual({ changes: [], restores: [], held: [] });
  });

  it('holds what the watch holds: an absent claim, a Secret that it found wanting, a conflict', () => {
    const wanting = { conditions: [condition('Protected', 'False', 'SecretMissing', 'Secret demo/s does not exist')] };
    const failed = { conditions: [condition('Protected', 'False', 'RepositoryFull', 'no room')] };
    const facts = factsOf([
      sourceObject({ status: wanting }),
      sourceObject({ name: 'gone-src', spec: { sourcePVC: 'gone' } }),
      sourceObject({
        name: 'failed-src',
        spec: { sourcePVC: 'app-config' },
        kopia: { repository: 'b2' },
        status: failed,
      }),
      sourceObject({ name: 'twin', created: '2026-06-01T00:00:00Z' }),
    ]);
    const paused = Object.fromEntries(desiredOf(facts).map((one) => [one.scheduleId, one.pausedBecause]));
    expect(paused).toEqual({
      'backup/demo/app-src': 'SecretMissing: Secret demo/s does not exist',
      'backup/demo/gone-src': 'SourceMissing: claim demo/gone (spec.sourcePVC) is not there or not bound',
      'backup/demo/failed-src': undefined,
      'backup/demo/twin': expect.stringContaining('VolumeConflict: '),
    });
    const held = planOf(facts).held.map(({ object, reason }) => `${object} ${reason}`);
    expect(held).toEqual(['ReplicationSource demo/twin VolumeConflict']);
  });

  it('deletes the schedules of what is gone, released or not adopted, and keeps that of what can not be read', () => {
    const [wanted] = desiredOf(factsOf([sourceObject()]));
    const schedule = (scheduleId: string) => found({ ...wanted!, scheduleId });
    const current = ['app-src', 'gone', 'broken', 'volsyncs'].map((name) => schedule(`backup/demo/${name}`));
    const facts = factsOf([
      sourceObject({ status: proven }),
      sourceObject({ name: 'broken', spec: { trigger: { schedule: 'often' } } }),
      sourceObject({ name: 'volsyncs', status: volsyncStatus }),
    ]);
    const plan = planOf(
      facts,
      [...current, schedule('backup/media/other'), schedule('maintain/demo/kopia')],
      'backup/demo/',
    );
    const deleted = plan.schedules.changes.filter(({ kind }) => kind === 'Delete').map(({ scheduleId }) => scheduleId);
    expect(deleted).toEqual(['backup/demo/gone', 'backup/demo/volsyncs']);
    expect(plan.held).toEqual([
      {
        object: 'ReplicationSource demo/broken',
        reason: 'Invalid',
        message: expect.stringContaining('spec.trigger.schedule'),
      },
      { object: 'ReplicationSource demo/volsyncs', reason: 'AwaitingAdoption', message: expect.any(String) },
    ]);
  });

  it('refuses to delete everything, until a person allows it', () => {
    const [wanted] = desiredOf(factsOf([sourceObject()]));
    const current = [found(wanted!)];
    const nothing = factsOf([]);
    expect(planCluster(nothing, [], current, 'backup/').schedules.refusal).toContain('all 1 schedules');
    const allowed = planCluster(nothing, [], current, 'backup/', { ...DEFAULT_DELETIONS, mode: 'Allow' });
    expect(allowed.schedules).toMatchObject({ changes: [{ kind: 'Delete' }] });
    expect(allowed.schedules.refusal).toBeUndefined();
  });

  it('names claims that are missing or wait for their volume, with the identity that they would come from', () => {
    const facts = factsOf(
      [sourceObject({ status: proven })],
      [
        destinationObject(),
        destinationObject({
          name: 'populator',
          kopia: { destinationPVC: undefined, sourceIdentity: { sourceName: 'app-src' } },
        }),
        destinationObject({ name: 'paused-dst', spec: { paused: true }, kopia: { destinationPVC: 'paused' } }),
        destinationObject({ name: 'volsyncs', kopia: { destinationPVC: 'theirs' }, status: volsyncStatus }),
      ],
      [claimOf('waiting', { phase: 'Pending', waitsFor: 'populator' })],
    );
    expect(planOf(facts).restores).toEqual([
      { destination: 'demo/app-dst', claim: 'demo/app-config', identity: 'app-src@demo:/data', why: 'Missing' },
      { destination: 'demo/populator', claim: 'demo/waiting', identity: 'app-src@demo:/data', why: 'WaitsForVolume' },
    ]);
  });

  it('as a person reads it', () => {
    const facts = factsOf(
      [
        sourceObject({ status: proven }),
        sourceObject({ name: 'broken', kopia: { copyMethod: 'Magic' } }),
        sourceObject({ name: 'paused-src', spec: { paused: true, sourcePVC: 'db' } }),
      ],
      [destinationObject({ kopia: { destinationPVC: 'lost' } })],
    );
    const desired = desiredOf(facts);
    const current = [
      found({ ...desired[0]!, scheduleId: 'backup/demo/gone' }),
      { ...found(desired[0]!), paused: true, note: ownNote('a hold that is over') },
    ];
    return expectGolden('cluster-plan', renderClusterPlan(pc.createColors(false), planOf(facts, current)));
  });
});
