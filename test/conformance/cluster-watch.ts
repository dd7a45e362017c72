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
