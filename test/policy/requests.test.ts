import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { BackupRequestSchema, resolveBackup } from '../../api/backup-request.ts';
import { describeInvalid, invalidFields } from '../../api/invalid.ts';
import { quantityBytes } from '../../api/kubernetes-values.ts';
import { resolveRestore } from '../../api/restore-request.ts';

const volume = { namespace: 'demo', claim: 'app-config' };

/** The fields that a refused input names. */
function refused(resolve: (input: unknown) => unknown, input: unknown): string[] {
  try {
    resolve(input);
  } catch (error) {
    if (error instanceof z.ZodError) return invalidFields(error).map(({ field }) => field);
    throw error;
  }
  throw new Error('the input was accepted');
}

describe('a backup request', () => {
  it('needs only namespace and claim; the rest is what the reference declares', () => {
    expect(resolveBackup(volume)).toMatchObject({
      source: 'app-src',
      secretName: 'app-volsync-secret',
      repository: 'kopia',
      copyMethod: 'Snapshot',
      compression: 'zstd-fastest',
      parallelism: 2,
      retain: { latest: 0, hourly: 24, daily: 7, weekly: 0, monthly: 0, yearly: 0 },
      approveRetention: false,
    });
  });

  it.each([
    [undefined, ['input']],
    ['text', ['input']],
    [{ claim: 'x' }, ['namespace']],
    [{ ...volume, namespace: 'Demo' }, ['namespace']],
    [{ ...volume, claim: '../etc' }, ['claim']],
    [{ ...volume, copyMethod: 'Rsync' }, ['copyMethod']],
    [{ ...volume, retain: { hourly: 0, daily: 0 } }, ['retain']],
    [{ ...volume, retain: { hourly: 1.5 } }, ['retain.hourly']],
    [{ ...volume, accessModes: [] }, ['accessModes']],
    [{ ...volume, accessModes: ['ReadWriteOnce', 'Sometimes'] }, ['accessModes[1]']],
    [{ ...volume, capacity: 'ten' }, ['capacity']],
    [{ ...volume, compression: '--config-file=/x' }, ['compression']],
    [{ ...volume, identity: { path: '/a/../b' } }, ['identity.path']],
    [{ ...volume, identity: { username: '-x' } }, ['identity.username']],
    [{ ...volume, surprise: 1 }, ['surprise']],
    [{ ...volume, moverSecurityContext: { privileged: true } }, ['moverSecurityContext.privileged']],
  ])('%j is refused by the name of its field', (input, fields) => {
    expect(refused(resolveBackup, input)).toEqual(fields);
  });

  it('repeats the refused value, but never that of a field it does not know', () => {
    const { error } = z.safeParse(
      BackupRequestSchema,
      { ...volume, capacity: 'ten', password: 'canary' },
      { reportInput: true },
    );
    expect(describeInvalid(error!)).toContain('capacity: must be a quantity such as 10Gi (got "ten")');
    expect(describeInvalid(error!)).not.toContain('canary');
  });

  it('names all problems at once, in one sentence', () => {
    const { error } = z.safeParse(z.strictObject({ a: z.string(), b: z.number() }), { a: 1 });
    expect(describeInvalid(error!)).toMatch(/a: .*; b: /);
  });

  it('never crashes on whatever is typed', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (input) => {
        try {
          resolveBackup(input);
        } catch (error) {
          expect(error).toBeInstanceOf(z.ZodError);
        }
      }),
    );
  });
});

describe('a restore request', () => {
  it('takes the newest snapshot and fails closed unless it says otherwise', () => {
    expect(resolveRestore(volume)).toMatchObject({ destination: 'app-dst', snapshot: {}, whenNoSnapshot: 'Fail' });
  });

  it.each([
    [{ ...volume, snapshot: { id: 'latest' } }, ['snapshot.id']],
    [{ ...volume, snapshot: { id: 'a'.repeat(32), asOf: '2026-01-01T00:00:00Z' } }, ['snapshot.id']],
    [{ ...volume, snapshot: { asOf: 'yesterday' } }, ['snapshot.asOf']],
    [{ ...volume, snapshot: { previous: -1 } }, ['snapshot.previous']],
    [{ ...volume, whenNoSnapshot: 'Create' }, ['whenNoSnapshot']],
    [{ ...volume, contentSampleEvery: 0 }, ['contentSampleEvery']],
  ])('%j is refused by the name of its field', (input, fields) => {
    expect(refused(resolveRestore, input)).toEqual(fields);
  });
});

describe('quantities', () => {
  it.each([
    ['1Gi', 2 ** 30],
    ['1.5Ki', 1536],
    ['10M', 1e7],
    ['7', 7],
  ] as const)('%s is %d bytes', (text, bytes) => {
    expect(quantityBytes(text)).toBe(bytes);
  });

  it('refuses what is none', () => {
    expect(() => quantityBytes('10GB')).toThrow(RangeError);
  });
});
