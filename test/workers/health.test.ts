import { afterEach, describe, expect, it } from 'vitest';
import { type HealthServer, startHealthServer, type Verdict } from '../../workers/health.ts';

let server: HealthServer | undefined;
afterEach(() => server?.close());

async function serve(checks: { live?: Verdict; ready?: () => Promise<Verdict>; page?: () => Promise<string> }) {
  server = await startHealthServer(
    {
      live: () => checks.live ?? { ok: true },
      ready: checks.ready ?? (async () => ({ ok: true })),
      metricsPage: checks.page ?? (async () => 'stowage_runs_total 1\n'),
      metricsContentType: 'text/plain; version=0.0.4',
      receive: (path) => path.startsWith('/metrics/job/'),
    },
    { host: '127.0.0.1', port: 0 },
  );
  const { port } = server;
  return async (path: string, method = 'GET') => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method });
    return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
  };
}

describe('the health endpoint', () => {
  it('takes what a mover pushes, and nothing else', async () => {
    const call = await serve({});
    expect((await call('/metrics/job/stowage/run/x', 'PUT')).status).toBe(200);
    expect((await call('/healthz', 'PUT')).status).toBe(404);
  });

  it('tells alive and ready apart: a worker that waits for Temporal must not be restarted', async () => {
    const get = await serve({ ready: async () => ({ ok: false, reason: 'waiting for Temporal' }) });
    expect(await get('/healthz')).toMatchObject({ status: 200, text: 'ok\n' });
    expect(await get('/readyz')).toMatchObject({ status: 503, text: 'waiting for Temporal\n' });
  });

  it('answers 503 with the reason when a restart is the cure', async () => {
    const get = await serve({ live: { ok: false, reason: 'the worker failed, see its log' } });
    expect(await get('/healthz')).toMatchObject({ status: 503, text: 'the worker failed, see its log\n' });
  });

  it('serves metrics as Prometheus wants them', async () => {
    const get = await serve({});
    expect(await get('/metrics')).toMatchObject({
      status: 200,
      type: 'text/plain; version=0.0.4',
      text: expect.stringContaining('stowage_runs_total 1'),
    });
  });

  it('survives a check that throws', async () => {
    const get = await serve({ ready: () => Promise.reject(new Error('broken')) });
    expect(await get('/readyz')).toMatchObject({ status: 500, text: 'broken\n' });
    expect(await get('/healthz')).toMatchObject({ status: 200 });
  });

  it('knows nothing else', async () => {
    const get = await serve({});
    expect((await get('/')).status).toBe(404);
    expect((await get('/healthz', 'POST')).status).toBe(405);
  });
});
