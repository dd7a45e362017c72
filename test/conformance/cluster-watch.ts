import { describe, expect, it } from 'vitest';
import type { WatchEvent } from '../../activities/ports/cluster.ts';
import type { ClusterUnderTest } from './cluster.ts';
import { makeConfigMap, refOf as ref, uniqueName } from './cluster-objects.ts';

interface Named {
  readonly metadata?: { readonly name?: string };
  readonly data?: Record<string, string>;
}
const short = ({ type, object }: WatchEvent<Named>) => `${type} ${object.data?.step ?? ''}`.trim();

/** Watches: what exists, then every change, until the caller or the signal ends it. */
export function watchConformance(current: () => ClusterUnderTest): void {
  describe('watch', () => {
    it('reports what exists, then every change, then the end', async () => {
      const { cluster, namespace } = current();
      const made = await makeConfigMap(current(), { step: '1' });
      const seen: string[] = [];
      const stop = AbortSignal.timeout(20_000);
      for await (const event of cluster.watch('ConfigMap', { namespace, name: ref(made).name }, stop)) {
        seen.push(short(event));
        expect(event.object).toMatchObject({ kind: 'ConfigMap', metadata: { name: ref(made).name } });
        expect(event.object.metadata?.creationTimestamp).toBeInstanceOf(Date);
        if (seen.length === 1) await cluster.patch('ConfigMap', ref(made), { data: { step: '2' } });
        if (seen.length === 2) await cluster.delete('ConfigMap', ref(made));
        if (event.type === 'Gone') break;
      }
      expect(seen).toEqual(['Present 1', 'Present 2', 'Gone 2']);
    });

    it('says when all that exist were reported, before anything that comes later', async () => {
      const { cluster, namespace } = current();
      const group = uniqueName();
      for (const step of ['1', '2']) await makeConfigMap(current(), { step }, { group });
      const seen: string[] = [];
      const complete = (): void => {
        seen.push('complete');
        void makeConfigMap(current(), { step: 'late' }, { group });
      };
      const selector = { namespace, labels: `group=${group}` };
      for await (const event of cluster.watch('ConfigMap', selector, AbortSignal.timeout(20_000), complete)) {
        seen.push(short(event));
        if (seen.length === 4) break;
      }
      expect(seen.slice(0, 2).sort()).toEqual(['Present 1', 'Present 2']);
      expect(seen.slice(2)).toEqual(['complete', 'Present late']);
    });

    it('says so too when there is nothing', async () => {
      const { cluster, namespace } = current();
      const stop = new AbortController();
      const ended = AbortSignal.any([stop.signal, AbortSignal.timeout(20_000)]);
      let complete = 0;
      const selector = { namespace, labels: `group=${uniqueName()}` };
      const onComplete = (): void => {
        complete++;
        stop.abort();
      };
      for await (const _ of cluster.watch('ConfigMap', selector, ended, onComplete)) expect.unreachable();
      expect(complete).toBe(1);
      const named: string[] = [];
      const absent = { namespace, name: uniqueName() };
      const again = AbortSignal.timeout(20_000);
      const onNamed = (): void => {
        named.push('complete');
        void cluster.create('ConfigMap', { metadata: absent, data: { step: 'now' } });
      };
      for await (const event of cluster.watch('ConfigMap', absent, again, onNamed)) {
        named.push(short(event));
        if (event.type === 'Present') break;
      }
      expect(named).toEqual(['Gone', 'complete', 'Present now']);
    });

    it('selects by label and sees objects that come later', async () => {
      const { cluster, namespace } = current();
      const group = uniqueName();
      await makeConfigMap(current(), { step: 'other' });
      await makeConfigMap(current(), { step: 'early' }, { group });
      const seen: string[] = [];
      for await (const event of cluster.watch(
        'ConfigMap',
        { namespace, labels: `group=${group}` },
        AbortSignal.timeout(20_000),
      )) {
        seen.push(short(event));
        if (seen.length === 2) break;
        await makeConfigMap(current(), { step: 'unrelated' }, { group: 'another' });
        await makeConfigMap(current(), { step: 'late' }, { group });
      }
      expect(seen).toEqual(['Present early', 'Present late']);
    });

    it('selects by a label with any value', async () => {
      const { cluster, namespace } = current();
      const key = uniqueName();
      await makeConfigMap(current(), { step: 'unmarked' });
      await makeConfigMap(current(), { step: 'marked' }, { [key]: 'whatever' });
      const found = await cluster.list('ConfigMap', { namespace, labels: key });
      expect(found.map(({ data }) => data?.step)).toEqual(['marked']);
    });

    it('says at once that a named object does not exist, and goes on until it does', async () => {
      const { cluster, namespace } = current();
      const name = uniqueName();
      const seen: string[] = [];
      for await (const event of cluster.watch('ConfigMap', { namespace, name }, AbortSignal.timeout(20_000))) {
        seen.push(short(event));
        if (event.type === 'Present') break;
        expect(event.object.metadata).toMatchObject({ name, namespace });
        await cluster.create('ConfigMap', { metadata: { name, namespace }, data: { step: 'now' } });
      }
      expect(seen).toEqual(['Gone', 'Present now']);
    });

    it('ends without an error when the signal aborts, also before it began', async () => {
      const { cluster, namespace } = current();
      const made = await makeConfigMap(current());
      const stop = new AbortController();
      let events = 0;
      for await (const _ of cluster.watch('ConfigMap', ref(made), stop.signal)) {
        events++;
        setTimeout(() => stop.abort(), 10);
      }
      expect(events).toBe(1);
      for await (const _ of cluster.watch('ConfigMap', { namespace }, stop.signal)) expect.unreachable();
    });

    it('keeps several watches apart', async () => {
      const { cluster } = current();
      const made = await makeConfigMap(current(), { step: '1' });
      const collect = async () => {
        const seen: string[] = [];
        for await (const event of cluster.watch('ConfigMap', ref(made), AbortSignal.timeout(20_000))) {
          seen.push(short(event));
          if (event.type === 'Gone') break;
        }
        return seen;
      };
      const both = [collect(), collect()];
      for (const step of ['2', '3']) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        await cluster.patch('ConfigMap', ref(made), { data: { step } });
      }
      await cluster.delete('ConfigMap', ref(made));
      for (const seen of await Promise.all(both)) expect(seen.slice(-2)).toEqual(['Present 3', 'Gone 3']);
    });
  });
}
