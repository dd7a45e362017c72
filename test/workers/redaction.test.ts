import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import type { Cluster } from '../../activities/ports/cluster.ts';
import { LogLevel } from '../../workers/config-schema.ts';
import { createLogger, createTemporalLogger } from '../../workers/logging.ts';
import { redactError } from '../../workers/redacting-interceptor.ts';
import { createRedactor, secretsOf } from '../../workers/redaction.ts';
import { rememberSecrets } from '../../workers/remembering-cluster.ts';

const CANARY = 'cAnary-"52/β-secret';
const spellings = [
  CANARY,
  JSON.stringify(CANARY).slice(1, -1),
  encodeURIComponent(CANARY),
  Buffer.from(CANARY).toString('base64').replace(/=+$/, ''),
];

function logged(write: (lines: ReturnType<typeof open>) => void): string {
  const lines = open();
  write(lines);
  return lines.text();
}

function open(secrets: readonly string[] = [CANARY]) {
  let text = '';
  const redactor = createRedactor(secrets);
  const log = createLogger({
    level: LogLevel.Debug,
    redactor,
    fields: { role: 'control' },
    destination: {
      write: (line: string) => {
        text += line;
      },
    },
  });
  return { log, redactor, text: () => text };
}

const expectClean = (text: string): void => {
  for (const spelling of spellings) expect(text).not.toContain(spelling);
};

describe('the log', () => {
  it('never writes a known secret, wherever in a line it stands', () => {
    const text = logged(({ log }) => {
      log.info({ nested: { list: [CANARY, { env: `KOPIA_PASSWORD=${CANARY}` }] } }, `message with ${CANARY}`);
      log.error({ error: new Error(`outer ${CANARY}`, { cause: new Error(`inner ${CANARY}`) }) }, 'failed');
      log.warn({ url: `https://u:${encodeURIComponent(CANARY)}@host/`, [CANARY]: 1 }, 'key and address');
      log.child({ token: 'abc', data: Buffer.from(CANARY).toString('base64') }).info('child');
    });
    expectClean(text);
    expect(text.trim().split('\n')).toHaveLength(4);
    for (const line of text.trim().split('\n')) expect(JSON.parse(line)).toHaveProperty('role', 'control');
  });

  it('stays JSON when a rule would eat the rest of a line', () => {
    const text = logged(({ log }) => log.info({ after: 'kept' }, 'Authorization: Bearer abcdefghijklmnop'));
    expect(JSON.parse(text)).toMatchObject({ message: expect.stringContaining('[redacted]'), after: 'kept' });
  });

  it("takes Temporal's lines, without task tokens, with errors and their causes", () => {
    const text = logged(({ log }) => {
      const temporal = createTemporalLogger(log);
      temporal.warn('activity failed', { taskToken: 'x', attempt: 2n, error: new Error(`says ${CANARY}`) });
    });
    expectClean(text);
    expect(JSON.parse(text)).toMatchObject({ level: 'warn', attempt: '2', error: { type: 'Error' } });
    expect(JSON.parse(text)).not.toHaveProperty('taskToken');
  });

  it('learns a secret while it runs', () => {
    const lines = open([]);
    lines.redactor.remember(CANARY);
    lines.log.info(`it is ${CANARY}`);
    expectClean(lines.text());
  });
});

describe('what is known as a secret', () => {
  it('is the value of every variable that is named like one', () => {
    const found = secretsOf({
      KOPIA_PASSWORD: 'one',
      AWS_SECRET_ACCESS_KEY: 'two',
      AZURE_STORAGE_KEY_FILE: '/three',
      STOWAGE_REPOSITORY_PASSWORD_FILE: '/four',
      PATH: '/bin',
    });
    expect(found).toEqual(['one', 'two']);
  });

  it('is what a Secret holds under such a key once it was read, and nothing else of it', async () => {
    const data = (values: Record<string, string>) =>
      Object.fromEntries(Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]));
    const secret = { data: data({ KOPIA_PASSWORD: CANARY, KOPIA_REPOSITORY: 'filesystem:///repository' }) };
    const cluster = { get: async () => secret, list: async () => [secret] } as unknown as Cluster;
    const remembered: string[] = [];
    const watched = rememberSecrets(cluster, (value) => remembered.push(value));
    expect(await watched.get('Secret', { namespace: 'demo', name: 's' })).toBe(secret);
    await watched.list('Secret', { namespace: 'demo' });
    await watched.get('ConfigMap', { namespace: 'demo', name: 's' });
    expect(remembered).toEqual([CANARY, CANARY]);
  });
});

describe('an error that leaves an activity', () => {
  const redactor = createRedactor([CANARY]);

  it('carries no secret in message, stack, details or causes, and keeps its class', () => {
    const error = ApplicationFailure.create({
      type: 'MoverFailed',
      message: `said ${CANARY}`,
      details: [{ line: `KOPIA_PASSWORD=${CANARY}` }],
      cause: new Error(`because ${CANARY}`),
    });
    const clean = redactError(error, redactor) as ApplicationFailure;
    expect(clean).toBe(error);
    expect(clean.type).toBe('MoverFailed');
    expectClean(`${clean.message} ${clean.stack} ${JSON.stringify(clean.details)}`);
    expectClean(`${(clean.cause as Error).message} ${(clean.cause as Error).stack}`);
  });

  it('stays a cancellation', () => {
    expect(redactError(new CancelledFailure('canceled'), redactor)).toBeInstanceOf(CancelledFailure);
  });

  it('ends a chain of causes that has no end', () => {
    const loop = new Error('a');
    loop.cause = loop;
    expect(redactError(loop, redactor)).toBe(loop);
    expect(loop.cause).toBeUndefined();
  });
});
