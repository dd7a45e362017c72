import { afterEach, describe, expect, it } from 'vitest';
import type { ClusterOptions } from '../../../activities/kubernetes/client.ts';
import {
  type Answer,
  configMap,
  initialEventsEnd,
  json,
  type ScriptedServer,
  startScriptedServer,
  status,
  stream,
} from './scripted-server.ts';

let server: ScriptedServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const added = (name: string, version: number, uid?: string) => ({
  type: 'ADDED',
  object: configMap(name, version, uid),
});
const quick: ClusterOptions = { watchTiming: { idleMilliseconds: 200, patienceMilliseconds: 400 } };

/** Watches until `count` events came; they are shown as `Present a`. */
async function collect(answers: readonly Answer[], count: number, options: ClusterOptions = quick): Promise<string[]> {
  server = await startScriptedServer(answers, options);
  const seen: string[] = [];
  const watch = server.cluster.watch('ConfigMap', { namespace: 'demo' }, AbortSignal.timeout(10_000));
  for await (const { type, object } of watch) {
    seen.push(`${type} ${object.metadata?.name}@${object.metadata?.resourceVersion}`);
    if (seen.length === count) break;
  }
  return seen;
}
const queries = () => server?.requests.map(({ query }) => query.get('resourceVersion') ?? 'from the start');

describe('a watch that loses its connection', () => {
  it('goes on where it was', async () => {
    const seen = await collect(
      [
        stream([added('a', 5), initialEventsEnd(7), added('b', 9)], 'break'),
        stream([{ type: 'BOOKMARK', object: { metadata: { resourceVersion: '20' } } }]),
        stream([added('c', 21)], 'stay'),
      ],
      3,
    );
    expect(seen).toEqual(['Present a@5', 'Present b@9', 'Present c@21']);
    expect(queries()).toEqual(['from the start', '9', '20']);
  });

  it('starts anew when it broke before all objects were told, and repeats none', async () => {
    const seen = await collect(
      [
        stream([added('b', 9)], 'break'),
        stream([added('a', 5), added('b', 9), initialEventsEnd(9), added('c', 10)], 'stay'),
      ],
      3,
    );
    expect(seen).toEqual(['Present b@9', 'Present a@5', 'Present c@10']);
    expect(queries()).toEqual(['from the start', 'from the start']);
  });

  it('notices a half-open connection by its silence', async () => {
    const seen = await collect(
      [stream([added('a', 5), initialEventsEnd(5)], 'stay'), stream([added('b', 6)], 'stay')],
      2,
    );
    expect(seen).toEqual(['Present a@5', 'Present b@6']);
    expect(queries()).toEqual(['from the start', '5']);
  });

  const gone410: [how: string, answer: Answer][] = [
    [
      'as an event',
      stream([{ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' } }]),
    ],
    ['as an answer', status(410, 'Expired', 'too old resource version')],
  ];
  it.each(gone410)('reports deletions and replacements that a 410 (%s) hid', async (_, answer) => {
    const again = [added('b', 8, 'new-uid'), added('c', 3), initialEventsEnd(9)];
    const seen = await collect(
      [
        stream([added('a', 1), added('b', 2), added('c', 3), initialEventsEnd(4)], 'break'),
        answer,
        stream(again, 'stay'),
      ],
      6,
    );
    expect(seen.slice(3)).toEqual(['Gone b@2', 'Present b@8', 'Gone a@1']);
    expect(queries()).toEqual(['from the start', '4', 'from the start']);
  });

  it('gives up with ClusterUnreachable when no server comes back', async () => {
    const away: Answer = (response) => response.socket?.destroy();
    await expect(collect([stream([added('a', 5), initialEventsEnd(5)], 'break'), away], 2)).rejects.toMatchObject({
      type: 'ClusterUnreachable',
      message: expect.stringContaining('cannot watch ConfigMap demo'),
    });
    expect(server?.requests.length).toBeGreaterThan(2);
  });
});

describe('a watch at its start', () => {
  it('lists first on a server that can not begin with the objects, and asks only once whether it can', async () => {
    const refusal = status(422, 'Invalid', 'sendInitialEvents is forbidden', { name: '' });
    const list = json(200, { metadata: { resourceVersion: '30' }, items: [configMap('a', 12)] });
    const seen = await collect([refusal, list, stream([added('b', 31)], 'stay')], 2);
    expect(seen).toEqual(['Present a@12', 'Present b@31']);
    expect(queries()).toEqual(['from the start', 'from the start', '30']);
    const watch = server!.cluster.watch('ConfigMap', { namespace: 'demo' }, AbortSignal.timeout(500));
    for await (const _ of watch) break;
    expect(server?.requests[3]?.query.get('sendInitialEvents')).toBeNull();
  });

  it('fails at once when it is refused or nobody answers', async () => {
    await expect(collect([status(403, 'Forbidden', 'configmaps is forbidden')], 1)).rejects.toMatchObject({
      type: 'Forbidden',
    });
    await server?.close();
    await expect(collect([(response) => response.socket?.destroy()], 1)).rejects.toMatchObject({
      type: 'ClusterUnreachable',
    });
    expect(server?.requests).toHaveLength(1);
  });
});

describe('a watch of a declared kind', () => {
  it('waits for its CRD without asking all the time, and never takes its absence for an empty cluster', async () => {
    const absent: Answer = (response) => response.writeHead(404).end('404 page not found');
    const watchTiming = { ...quick.watchTiming, unservedMilliseconds: 40 };
    const again = stream([added('a', 5), initialEventsEnd(7)], 'stay');
    server = await startScriptedServer([absent, absent, absent, again], { watchTiming });
    const seen: string[] = [];
    const signal = AbortSignal.timeout(10_000);
    const began = Date.now();
    const stop = new AbortController();
    const complete = (): void => {
      seen.push('complete');
      stop.abort();
    };
    const either = AbortSignal.any([signal, stop.signal]);
    for await (const { object } of server.cluster.watch('ReplicationSource', {}, either, complete)) {
      seen.push(object.metadata?.name ?? '');
    }
    expect(seen).toEqual(['a', 'complete']);
    expect(server.requests).toHaveLength(4);
    expect(Date.now() - began).toBeGreaterThanOrEqual(3 * 20);
  });

  it('of another kind that is not served ends with the remedy', async () => {
    server = await startScriptedServer([(response) => response.writeHead(404).end('404 page not found')], quick);
    const watch = server.cluster.watch('Job', {}, AbortSignal.timeout(10_000));
    await expect(watch[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      message: expect.stringContaining('serves no jobs'),
    });
  });

  it('is complete in both ways of beginning: a stream of all objects, and a list where that is not known', async () => {
    const list = json(200, { metadata: { resourceVersion: '7' }, items: [configMap('a', 5)] });
    const refusal = status(422, 'Invalid', 'sendInitialEvents is forbidden');
    for (const answers of [
      [stream([added('a', 5), initialEventsEnd(7)], 'stay')],
      [refusal, list, stream([], 'stay')],
    ]) {
      await server?.close();
      server = await startScriptedServer(answers, quick);
      const seen: string[] = [];
      const stop = new AbortController();
      const complete = (): void => {
        seen.push('complete');
        stop.abort();
      };
      const watch = server.cluster.watch('ReplicationSource', {}, stop.signal, complete);
      for await (const { object } of watch) seen.push(object.metadata?.name ?? '');
      expect(seen).toEqual(['a', 'complete']);
    }
  });
});
