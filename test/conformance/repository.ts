import { ApplicationFailure } from '@temporalio/common';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RepositoryRole } from '../../activities/repository/activities.ts';
import type { OpenRepositoryInput } from '../../workflows/repository/contract.ts';
import { IDENTITY } from '../activities/kopia/real-kopia.ts';

/** A place where a repository may lie, empty at first. */
export interface RepositoryGround {
  /** What stands beside the repository here; another password than the right one on demand. */
  role(options?: { readonly password?: string }): RepositoryRole;
  /** Runs Kopia as a mover of this place does. Returns stdout. */
  mover(args: readonly string[]): Promise<string>;
  /** Makes one backup with the run's id and returns the snapshot's id. */
  backup(runId: string): Promise<string>;
  /** Names of everything that lies here, with sizes: equal before and after means that nothing was written. */
  content(): Promise<string[]>;
  /** Puts a file of somebody else here. */
  addForeignFile(): Promise<void>;
  /** Takes everything away, as a wrong mount or a wiped bucket does. */
  wipe(): Promise<void>;
  close(): Promise<void>;
}

const RETAIN = { latest: 0, hourly: 24, daily: 7, weekly: 0, monthly: 0, yearly: 0 };

const opening = (expectedUniqueId: string): OpenRepositoryInput => ({
  repository: 'kopia',
  expectedUniqueId,
  identity: IDENTITY,
  retain: RETAIN,
  compression: 'zstd-fastest',
  parallelism: 2,
  approveRetention: false,
  approveShrink: false,
});

export async function failureOf(promise: Promise<unknown>): Promise<ApplicationFailure> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(ApplicationFailure);
  return outcome as ApplicationFailure;
}

/** What stands beside a repository does the same wherever it lies. */
export function testRepository(place: string, openGround: () => Promise<RepositoryGround>): void {
  describe(`a repository ${place}`, () => {
    let ground: RepositoryGround;
    let roles: RepositoryRole[];
    const roleOf = (options?: { readonly password?: string }): RepositoryRole => {
      const role = ground.role(options);
      roles.push(role);
      return role;
    };
    const create = async (): Promise<string> =>
      (await roleOf().createRepository({ repository: 'kopia', runId: 'init-1' })).uniqueId;

    beforeEach(async () => {
      ground = await openGround();
      roles = [];
    });
    afterEach(async () => {
      for (const role of roles) await role.close();
      await ground.close();
    });

    it('is made on demand, and has the unique id that Kopia names', async () => {
      const uniqueId = await create();
      expect(JSON.parse(await ground.mover(['repository', 'status', '--json']))).toMatchObject({
        uniqueIDHex: uniqueId,
      });
      expect((await roleOf().identifyRepository({ repository: 'kopia' })).uniqueId).toBe(uniqueId);
    });

    it('is never made twice, nor beside anything else, and a refusal writes nothing', async () => {
      await ground.addForeignFile();
      const foreign = await ground.content();
      expect((await failureOf(create())).type).toBe('RepositoryExists');
      expect(await ground.content()).toEqual(foreign);
      await ground.wipe();
      const uniqueId = await create();
      const made = await ground.content();
      expect((await failureOf(create())).type).toBe('RepositoryExists');
      expect(await ground.content()).toEqual(made);
      expect((await roleOf().identifyRepository({ repository: 'kopia' })).uniqueId).toBe(uniqueId);
    });

    it('is never made by opening, reading or adopting', async () => {
      const role = roleOf();
      for (const call of [
        () => role.openRepository(opening('00')),
        () => role.identifyRepository({ repository: 'kopia' }),
        () => role.listRepositorySnapshots({ repository: 'kopia', identity: IDENTITY }),
      ]) {
        const error = await failureOf(call());
        expect([error.type, error.nonRetryable]).toEqual(['RepositoryNotFound', true]);
      }
      expect(await ground.content()).toEqual([]);
    });

    it('has its policy set once, and proves a backup that another process wrote', async () => {
      const expectedUniqueId = await create();
      const role = roleOf();
      expect(await role.openRepository(opening(expectedUniqueId))).toMatchObject({
        snapshotIds: [],
        policyChanged: true,
      });
      const snapshotId = await ground.backup('run-1');
      const asked = { repository: 'kopia', expectedUniqueId, identity: IDENTITY };
      const { snapshot, snapshotIds } = await role.readBackSnapshot({ ...asked, runId: 'run-1', snapshotId });
      expect([snapshot.id, snapshotIds, snapshot.files]).toEqual([snapshotId, [snapshotId], 1]);
      expect((await failureOf(role.readBackSnapshot({ ...asked, runId: 'run-2', snapshotId }))).type).toBe(
        'SnapshotNotFound',
      );
      expect(await role.openRepository(opening(expectedUniqueId))).toMatchObject({
        snapshotIds: [snapshotId],
        policyChanged: false,
        previous: { id: snapshotId },
      });
      const { found } = await role.selectSnapshot({ ...asked, choice: {} });
      expect(found?.id).toBe(snapshotId);
      const listed = await role.listRepositorySnapshots({ repository: 'kopia', identity: IDENTITY });
      expect(listed.snapshots.map(({ id }) => id)).toEqual([snapshotId]);
      const inspected = await role.inspectContent({ ...asked, sources: [] });
      expect(inspected.identities.count).toBe(1);
    });

    it('is not opened with another password', async () => {
      const uniqueId = await create();
      const error = await failureOf(roleOf({ password: 'another password' }).openRepository(opening(uniqueId)));
      expect([error.type, error.nonRetryable]).toEqual(['WrongPassword', true]);
      expect(error.message).not.toContain('another password');
    });

    it('is missed at once when everything was taken away under an open worker, and nothing is written', async () => {
      const uniqueId = await create();
      const role = roleOf();
      await role.openRepository(opening(uniqueId));
      const snapshotId = await ground.backup('run-1');
      await ground.wipe();
      const asked = { repository: 'kopia', expectedUniqueId: uniqueId, identity: IDENTITY };
      for (const call of [
        () => role.openRepository(opening(uniqueId)),
        () => role.readBackSnapshot({ ...asked, runId: 'run-1', snapshotId }),
      ]) {
        expect((await failureOf(call())).type).toBe('RepositoryNotFound');
      }
      expect(await ground.content()).toEqual([]);
    });

    it('is another one when it was made anew, whatever lies in caches', async () => {
      const uniqueId = await create();
      const role = roleOf();
      await role.openRepository(opening(uniqueId));
      await ground.wipe();
      const other = await create();
      const error = await failureOf(role.openRepository(opening(uniqueId)));
      expect(error.type).toBe('RepositoryChanged');
      expect(error.message).toContain(other);
    });
  });
}
