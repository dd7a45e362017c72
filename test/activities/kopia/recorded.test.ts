import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { KopiaOperation } from '../../../activities/kopia/error-rules.ts';
import { classifyKopiaError, decisiveFailure } from '../../../activities/kopia/errors.ts';
import {
  parsePolicy,
  parseRestored,
  parseSnapshotCreated,
  parseSnapshotList,
  parseUniqueId,
} from '../../../activities/kopia/output.ts';

const folder = join(import.meta.dirname, '../../fixtures/kopia/0.21.1');

interface Said {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

const said = (name: string): Said => JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as Said;

describe('what Kopia 0.21.1 says when it fails', () => {
  const table: [name: string, operation: KopiaOperation, type: string, retryable: boolean | undefined][] = [
    ['wrong-password', 'repository', 'WrongPassword', undefined],
    ['not-initialized', 'backup', 'RepositoryNotFound', undefined],
    ['missing-path', 'restore', 'RepositoryNotFound', undefined],
    ['repository-exists', 'repository', 'RepositoryExists', undefined],
    ['repository-full', 'backup', 'RepositoryFull', undefined],
    ['restore-full', 'restore', 'MoverFailed', false],
    ['repository-corrupt', 'restore', 'RepositoryCorrupt', undefined],
    ['repository-pack-missing', 'restore', 'RepositoryCorrupt', undefined],
    ['snapshot-not-found', 'restore', 'SnapshotNotFound', undefined],
    ['unreadable-entries', 'backup', 'SnapshotIncomplete', undefined],
    ['unreadable-fail-fast', 'backup', 'SnapshotIncomplete', undefined],
    ['unreadable-root', 'backup', 'SnapshotIncomplete', undefined],
    ['repository-permission', 'backup', 'RepositoryUnreachable', false],
    ['repository-file-permission', 'backup', 'RepositoryUnreachable', false],
    ['read-only-repository', 'backup', 'RepositoryUnreachable', false],
    ['not-connected', 'backup', 'MoverFailed', false],
    ['source-missing', 'backup', 'MoverFailed', false],
    ['tag-without-value', 'backup', 'MoverFailed', false],
  ];

  it.each(table)('%s of a %s is %s', (name, operation, type, retryable) => {
    const { exitCode, stdout, stderr } = said(name);
    expect(exitCode).toBe(1);
    const failure = classifyKopiaError(`${stdout}${stderr}`, { operation });
    expect([failure.type, failure.retryable]).toEqual([type, retryable]);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
    expect(failure.message).not.toMatch(/[\u0000-\u0008\u001b]/);
  });

  it('classifies each recorded failure', () => {
    const named = new Set(table.map(([name]) => name));
    const failed = readdirSync(folder)
      .map((file) => file.replace('.json', ''))
      .filter((name) => said(name).exitCode !== 0);
    expect(failed.filter((name) => !named.has(name))).toEqual([]);
  });

  it.each([
    ['dial tcp 10.0.0.1:443: connect: connection refused', 'RepositoryUnreachable'],
    ['stat /repository/p: stale NFS file handle', 'RepositoryUnreachable'],
    ['read /repository/x: input/output error', 'RepositoryUnreachable'],
    ['write /repository/p/abc: disk quota exceeded', 'RepositoryFull'],
    ['open repository: repository upgrade in progress', 'RepositoryLocked'],
    // Of object stores: versitygw, AWS, MinIO, WebDAV.
    ['error listing blobs: The specified bucket does not exist', 'RepositoryNotFound'],
    ['open repository: error retrieving storage config from bucket "b": Access Denied.', 'RepositoryUnreachable'],
    ['error: The AWS Access Key Id you provided does not exist in our records.', 'RepositoryUnreachable'],
    ['ReadStream .shards: Authorize .shards: 401', 'RepositoryUnreachable'],
    [
      'Get "https://s3.lan/b": tls: failed to verify certificate: x509: certificate signed by unknown authority',
      'RepositoryUnreachable',
    ],
    ['error writing: Please reduce your request rate.', 'RepositoryUnreachable'],
    ['something that nobody has seen before', 'MoverFailed'],
  ])('%s is %s', (line, type) => {
    expect(classifyKopiaError(`\u001b[31mERROR\u001b[0m ${line}\n`).type).toBe(type);
  });

  it('is not fooled by the name of a file', () => {
    const log =
      'ERROR Error when processing "x: invalid repository password": open /data/y: permission denied\nERROR Found 1 fatal error(s) while snapshotting a@b:/data.';
    expect(classifyKopiaError(log, { operation: 'backup' }).type).toBe('SnapshotIncomplete');
  });

  it('does not repeat a panic of Kopia, and says that it was one', () => {
    const failure = classifyKopiaError(
      'panic: runtime error: invalid memory address\n\ngoroutine 1 [running]:\nmain.go:70 +0x197',
    );
    expect([failure.type, failure.retryable]).toEqual(['MoverFailed', false]);
    expect(failure.message).toContain('panic: runtime error');
  });

  it('knows the line after which a full volume is hopeless', () => {
    const lines = said('repository-full').stderr.split('\n');
    expect(decisiveFailure(lines[0]!, 'backup')?.type).toBe('RepositoryFull');
    for (const line of said('unreadable-entries').stderr.split('\n'))
      expect(decisiveFailure(line, 'backup')).toBeUndefined();
  });
});

describe('what Kopia 0.21.1 prints', () => {
  it('tells the snapshot with its tags, from a clean and from a noisy log', () => {
    const created = parseSnapshotCreated(said('snapshot-create').stdout)!;
    expect(created.identity).toBe('app-src@demo:/data');
    expect(created.summary).toMatchObject({
      files: 3,
      directories: 1,
      symlinks: 0,
      bytes: 30,
      failedEntries: 0,
      tags: { 'stowage-run': 'run-1', 'stowage-capacity': '10Gi' },
    });
    expect(created.summary.incomplete).toBeUndefined();
    const noisy = said('snapshot-create-noisy');
    const mixed = `${noisy.stderr}{"rootEntry": broken\n${noisy.stdout}{"other":1}\nINFO done\n`;
    expect(parseSnapshotCreated(mixed)?.summary.files).toBe(3);
    expect(parseSnapshotCreated('nothing here')).toBeUndefined();
  });

  it('sees that a canceled snapshot is incomplete although Kopia exits 0', () => {
    const { exitCode, stdout } = said('snapshot-canceled');
    expect(exitCode).toBe(0);
    expect(parseSnapshotCreated(stdout)?.summary.incomplete).toBe('canceled');
  });

  it('reads the unreadable paths of a failed run', () => {
    const created = parseSnapshotCreated(`${said('unreadable-entries').stderr}${said('unreadable-entries').stdout}`)!;
    expect(created.summary.failedEntries).toBe(2);
    expect([...created.failedPaths].sort()).toEqual(['closed', 'closed-directory']);
  });

  it('never takes a snapshot without a summary for a whole one', () => {
    const manifest = { ...JSON.parse(said('snapshot-create').stdout), rootEntry: { obj: 'kabc' } };
    expect(parseSnapshotCreated(JSON.stringify(manifest))?.summary.incomplete).toBeDefined();
  });

  it('reads lists, policies, status and restores', () => {
    const list = parseSnapshotList(said('snapshot-list').stdout);
    expect(list.map(({ summary }) => summary.files)).toContain(3);
    expect(parsePolicy(said('policy-show').stdout).retention.keepMonthly).toBe(24);
    expect(parseUniqueId(said('repository-status').stdout)).toMatch(/^[0-9a-f]{64}$/);
    for (const name of ['snapshot-restore', 'snapshot-restore-json-log']) {
      expect(parseRestored(said(name).stderr)).toEqual({ files: 3, directories: 1, symlinks: 0 });
    }
    expect(parseRestored('nothing')).toBeUndefined();
  });
});
