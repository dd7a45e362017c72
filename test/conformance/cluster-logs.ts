import { describe, expect, it } from 'vitest';
import type { ClusterUnderTest } from './cluster.ts';
import { refOf as ref, shellJob, uniqueName } from './cluster-objects.ts';
import { next, until } from './cluster-waits.ts';

/** Starts a Job and returns its pod as soon as there is one, usually before its container runs. */
async function startPod(under: ClusterUnderTest, script: string): Promise<{ namespace: string; name: string }> {
  const name = uniqueName();
  await under.cluster.create('Job', shellJob(under, name, script));
  const { object } = await next(under.cluster, 'Pod', { namespace: under.namespace, labels: `job-name=${name}` });
  return { namespace: under.namespace, name: ref(object).name };
}

/** Logs: from the first line, live, to the end of the container. */
export function logConformance(current: () => ClusterUnderTest): void {
  describe('log', () => {
    it('waits for the start, gives every line in order, and ends with the container', async () => {
      const { cluster } = current();
      const pod = await startPod(current(), 'echo one; echo; echo "three  spaced"; printf unfinished');
      const lines: string[] = [];
      for await (const line of cluster.followLog(pod, 'main', AbortSignal.timeout(60_000))) lines.push(line);
      expect(lines).toEqual(['one', '', 'three  spaced', 'unfinished']);
    });

    it('gives the whole log of a container that ended long ago', async () => {
      const { cluster } = current();
      const pod = await startPod(current(), 'echo early');
      await until(cluster, 'Pod', pod, ({ status }) => status?.phase === 'Succeeded');
      const lines: string[] = [];
      for await (const line of cluster.followLog(pod, 'main', AbortSignal.timeout(60_000))) lines.push(line);
      expect(lines).toEqual(['early']);
    });

    it('is live, and ends silently when the signal aborts', async () => {
      const { cluster } = current();
      const pod = await startPod(current(), 'echo running; sleep 600');
      const stop = new AbortController();
      const lines: string[] = [];
      for await (const line of cluster.followLog(pod, 'main', stop.signal)) {
        lines.push(line);
        stop.abort();
      }
      expect(lines).toEqual(['running']);
    });

    it('ends when the pod is removed, and at once for a pod that does not exist', async () => {
      const { cluster, namespace } = current();
      const pod = await startPod(current(), 'echo running; sleep 600');
      const lines: string[] = [];
      for await (const line of cluster.followLog(pod, 'main', AbortSignal.timeout(60_000))) {
        lines.push(line);
        await cluster.delete('Pod', pod, { gracePeriodSeconds: 0 });
      }
      expect(lines).toEqual(['running']);
      const absent = { namespace, name: 'absent' };
      for await (const _ of cluster.followLog(absent, 'main', AbortSignal.timeout(20_000))) expect.unreachable();
    });
  });
}
