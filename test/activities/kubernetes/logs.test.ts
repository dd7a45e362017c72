import { afterEach, describe, expect, it } from 'vitest';
import { LineSplitter } from '../../../activities/kubernetes/line-splitter.ts';
import { LogPosition } from '../../../activities/kubernetes/log-position.ts';
import {
  type Answer,
  initialEventsEnd,
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

const at = (time: string, text: string): string => `2026-11-23T21:00:${time}Z ${text}`;
const options = { logTiming: { idleMilliseconds: 200, patienceMilliseconds: 400 } };

async function follow(answers: readonly Answer[]): Promise<string[]> {
  server = await startScriptedServer(answers, options);
  const lines: string[] = [];
  const log = server.cluster.followLog({ namespace: 'demo', name: 'p' }, 'main', AbortSignal.timeout(10_000));
  for await (const line of log) lines.push(line);
  return lines;
}
const sinceTimes = () => server?.requests.map(({ query }) => query.get('sinceTime'));

describe('a followed log', () => {
  const full = [at('01.100000000', 'one'), at('02.100000000', 'two'), at('02.900000000', 'three')];
  const lastSecond = full.slice(1);

  it('goes on after a lost connection without losing or doubling a line', async () => {
    const lines = await follow([
      stream(full, 'break'),
      stream([...lastSecond, at('02.950000000', 'four'), at('03.000000000', 'five')]),
      stream([at('03.000000000', 'five')]),
      stream([at('03.000000000', 'five')]),
    ]);
    expect(lines).toEqual(['one', 'two', 'three', 'four', 'five']);
    expect(sinceTimes()).toEqual([null, '2026-11-23T21:00:02.000Z', '2026-11-23T21:00:03.000Z']);
  });

  it('takes a stream that ends properly for the end only when the next brings nothing new', async () => {
    const lines = await follow([
      stream(full),
      stream([...lastSecond, at('09.000000000', 'late')]),
      stream([at('09.000000000', 'late')]),
    ]);
    expect(lines).toEqual(['one', 'two', 'three', 'late']);
  });

  it('opens a silent connection again, in case nobody is at its other end', async () => {
    const lines = await follow([
      stream(full, 'stay'),
      stream([...lastSecond, at('05.000000000', 'on')]),
      stream([at('05.000000000', 'on')]),
    ]);
    expect(lines).toEqual(['one', 'two', 'three', 'on']);
  });

  it('drops half a line that was cut off, and gives it whole later', async () => {
    const cut: Answer = (response) => {
      response.writeHead(200);
      response.write(`${full[0]}\n${full[1]?.slice(0, -1)}`);
      setTimeout(() => response.socket?.resetAndDestroy(), 20);
    };
    expect(await follow([cut, stream(full), stream(lastSecond)])).toEqual(['one', 'two', 'three']);
  });

  it('waits for the container with a watch on its pod, never by asking again', async () => {
    const pod = (state: object) => ({
      type: 'ADDED',
      object: {
        kind: 'Pod',
        metadata: { name: 'p', namespace: 'demo', uid: 'u', resourceVersion: JSON.stringify(state) },
        status: { containerStatuses: [{ name: 'main', state }] },
      },
    });
    const waiting = status(400, 'BadRequest', 'container "main" in pod "p" is waiting to start: ContainerCreating', {
      name: 'p',
    });
    const watch = stream([pod({ waiting: {} }), initialEventsEnd(5), pod({ running: {} })], 'stay');
    expect(await follow([waiting, watch, stream(full), stream(lastSecond)])).toEqual(['one', 'two', 'three']);
    expect(server?.cluster.requestCounts()).toEqual({ 'log Pod': 3, 'watch Pod': 1 });
  });

  it('ends when the pod is gone, and fails when it may not be read', async () => {
    expect(
      await follow([stream(full, 'break'), status(404, 'NotFound', 'pods "p" not found', { name: 'p' })]),
    ).toHaveLength(3);
    await server?.close();
    await expect(follow([status(403, 'Forbidden', 'pods "p" is forbidden', { name: 'p' })])).rejects.toMatchObject({
      type: 'Forbidden',
      message: expect.stringContaining('cannot follow the log of Pod demo/p'),
    });
  });
});

describe('lines', () => {
  it('are put together from any cuts, in UTF-8', () => {
    const bytes = Buffer.from('grün\nzwei\r\n\nlast');
    for (let size = 1; size <= bytes.length; size++) {
      const splitter = new LineSplitter();
      const lines: string[] = [];
      for (let i = 0; i < bytes.length; i += size) lines.push(...splitter.push(bytes.subarray(i, i + size)));
      expect([...lines, ...splitter.end()]).toEqual(['grün', 'zwei', '', 'last']);
    }
  });

  it('come in pieces when they are too long, so that memory stays bounded', () => {
    const splitter = new LineSplitter(4);
    expect(splitter.push(Buffer.from('abcdefghij'))).toEqual(['abcd', 'efgh']);
    expect([...splitter.push(Buffer.from('k\nx\n')), ...splitter.end()]).toEqual(['ijk', 'x']);
  });

  it('of a repeated second are skipped by number, pieces of them too', () => {
    const position = new LogPosition();
    expect(position.resume()).toBeUndefined();
    expect(position.accept(at('02.5', 'first'))).toBe('first');
    expect(position.accept('piece')).toBe('piece');
    expect(position.accept(at('02.4', 'a hair late'))).toBe('a hair late');
    expect(position.resume()).toBe('2026-11-23T21:00:02.000Z');
    expect(position.accept(at('02.5', 'first'))).toBeUndefined();
    expect(position.accept('piece')).toBeUndefined();
    expect(position.accept(at('02.4', 'a hair late'))).toBeUndefined();
    expect(position.accept(at('02.4', 'new'))).toBe('new');
  });
});
