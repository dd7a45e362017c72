import { describe, expect, it } from 'vitest';
import { PortError } from '../../activities/ports/port-error.ts';
import { FaultMoment, FaultPlan } from '../fakes/fault-plan.ts';
import { faultyCluster } from '../fakes/faulty-cluster.ts';
import { InMemoryCluster } from '../fakes/in-memory-cluster.ts';

const away = new PortError('ClusterUnreachable', 'planned');
const ref = { namespace: 'default', name: 'x' };
const world = () => {
  const inner = new InMemoryCluster();
  const plan = new FaultPlan();
  return { inner, plan, cluster: faultyCluster(inner, plan) };
};

describe('a faulty cluster', () => {
  it('fails the planned number of calls of one method and kind, before they take effect', async () => {
    const { plan, cluster } = world();
    plan.add({ method: 'create', kind: 'ConfigMap', times: 2, error: away });
    for (let i = 0; i < 2; i++) await expect(cluster.create('ConfigMap', { metadata: ref })).rejects.toBe(away);
    expect(await cluster.create('Secret', { metadata: ref })).toBeDefined();
    expect(await cluster.get('ConfigMap', ref)).toBeUndefined();
    expect(await cluster.create('ConfigMap', { metadata: ref })).toBeDefined();
    plan.verifyExercised();
  });

  it('loses the answer of a call that took effect', async () => {
    const { plan, cluster } = world();
    plan.add({ method: 'create', moment: FaultMoment.After, error: away });
    await expect(cluster.create('ConfigMap', { metadata: ref })).rejects.toBe(away);
    expect(await cluster.create('ConfigMap', { metadata: ref })).toBeUndefined();
  });

  it('breaks a watch after its next event', async () => {
    const { inner, plan, cluster } = world();
    await inner.create('ConfigMap', { metadata: ref });
    plan.add({ method: 'watch', moment: FaultMoment.After, error: away });
    const watch = cluster.watch('ConfigMap', ref, AbortSignal.timeout(5_000));
    const events: string[] = [];
    const read = async () => {
      for await (const { type } of watch) events.push(type);
    };
    await expect(read()).rejects.toBe(away);
    expect(events).toEqual(['Present']);
  });

  it('lets something happen in exactly that moment', async () => {
    const { inner, plan, cluster } = world();
    await inner.create('ConfigMap', { metadata: ref });
    plan.add({ method: 'get', hold: async () => void (await inner.delete('ConfigMap', ref)) });
    expect(await cluster.get('ConfigMap', ref)).toBeUndefined();
  });

  it('says when a fault was never met', () => {
    const { plan } = world();
    plan.add({ method: 'delete', kind: 'Job', times: 3, error: away });
    expect(() => plan.verifyExercised()).toThrow('faults that no call met: delete Job (3 left)');
  });
});
