import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SelectSnapshotInput } from '../../workflows/repository/contract.ts';
import type { CleanUpRestoreInput, RestoreRecord, VolumePlan, WaitingClaim } from '../../workflows/restore/contract.ts';
import { createHarness, ending, type Harness } from './harness.ts';
import { failure, succeedingActivities } from './stubs.ts';

const request = { namespace: 'demo', claim: 'app-config', destination: 'app-dst', declared: true, manual: 'one' };
const image = { ...request, claim: 'stowage-app-dst-staging', deliver: 'Image' };
const waiting: WaitingClaim = { capacity: '3Gi', storageClassName: 'waits', accessModes: ['ReadWriteOnce'] };
const stubs = succeedingActivities([]);

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
}, 120_000);
afterAll(() => harness?.close());

/** Notes what is recorded and cleaned up. */
function noting() {
  const records: RestoreRecord[] = [];
  const cleaned: CleanUpRestoreInput[] = [];
  const keep = {
    recordRestore: async ({ result }: { result: RestoreRecord }) => {
      records.push(result);
    },
    cleanUpRestore: async (input: CleanUpRestoreInput) => {
      cleaned.push(input);
      return { removed: [] };
    },
  };
  return { records, cleaned, keep };
}

const waits = async () => ({ ...(await stubs.preflightRestore({} as never)), waiting });
const nothingFound = async () => ({ skipped: 0 });

describe('a declared restore', () => {
  it('says on its destination when it starts and how it ended, and knows whose events it makes', async () => {
    const { records, cleaned, keep } = noting();
    const { calls, result } = await harness.start('restoreVolume', request, keep);
    expect(calls[0]).toBe('recordRestoreStart');
    expect(records).toMatchObject([
      { outcome: 'Restored', snapshotId: 'old', message: expect.stringMatching(/3 files/) },
    ]);
    expect(cleaned[0]?.destinationUid).toBe('uid-of-app-dst');
    expect(result).toMatchObject({ outcome: 'Restored' });
  });

  it('answers the manual value also where the claim exists and there is nothing to do', async () => {
    const { records, keep } = noting();
    const exists = async () => ({ ...(await stubs.preflightRestore({} as never)), claimExists: true });
    const { calls } = await harness.start('restoreVolume', request, { ...keep, preflightRestore: exists });
    expect(records).toMatchObject([
      { outcome: 'TargetExists', message: expect.stringContaining('nothing was touched') },
    ]);
    expect(calls).toEqual(['recordRestoreStart', 'preflightRestore', 'recordRestore']);
  });

  it('makes the volume as the claim that waits wants it', async () => {
    const plans: VolumePlan[] = [];
    await harness.start(
      'restoreVolume',
      { ...request, capacity: '1Gi', storageClassName: 'other' },
      {
        preflightRestore: waits,
        handOver: async ({ plan }) => {
          plans.push(plan);
          return { claimUid: 'u', volumeName: 'v' };
        },
      },
    );
    expect(plans).toMatchObject([{ ...waiting, snapshot: { id: 'old' } }]);
  });

  it('starts nothing empty beside what looks like its former name, and names that', async () => {
    const { records, keep } = noting();
    const inputs: SelectSnapshotInput[] = [];
    const selectSnapshot = async (input: SelectSnapshotInput) => {
      inputs.push(input);
      return { skipped: 0, formerIdentities: ['app@demo:/data'] };
    };
    const empty = { ...request, whenNoSnapshot: 'Empty', neighbours: ['app-meta@demo:/data'], capacity: '1Gi' };
    const { calls, error } = await harness.start('restoreVolume', empty, { ...keep, selectSnapshot });
    expect(inputs[0]?.neighbours).toEqual(['app-meta@demo:/data']);
    expect(ending(error)).toMatchObject({
      type: 'SnapshotNotFound',
      message: expect.stringContaining('app@demo:/data'),
    });
    expect(records).toMatchObject([{ outcome: 'Failed' }]);
    expect(calls).not.toContain('createEmptyClaim');
    // A person who says it means it.
    await harness.start('restoreVolume', { ...empty, declared: false, neighbours: [] }, { ...keep, selectSnapshot });
    expect(inputs[1]?.neighbours).toBeUndefined();
  });

  it('gives a claim that waits an empty volume on a first deployment, by the same handover', async () => {
    const { records, keep } = noting();
    const empty = { ...request, whenNoSnapshot: 'Empty' };
    const { calls, result } = await harness.start('restoreVolume', empty, {
      ...keep,
      preflightRestore: waits,
      selectSnapshot: nothingFound,
    });
    expect(calls.slice(2, -2)).toEqual(['selectSnapshot', 'stageRestore', 'provisionEmptyVolume', 'handOver']);
    expect(records).toMatchObject([{ outcome: 'StartedEmpty' }]);
    expect(result).toMatchObject({ outcome: 'StartedEmpty', volumeName: 'pv-2' });
  });

  it('never gives a claim that waits an empty volume while the repository can not be read', async () => {
    const { records, keep } = noting();
    const { error, calls } = await harness.start(
      'restoreVolume',
      { ...request, whenNoSnapshot: 'Empty' },
      {
        ...keep,
        preflightRestore: waits,
        selectSnapshot: async () => {
          throw failure('WrongPassword');
        },
      },
    );
    expect(ending(error).type).toBe('WrongPassword');
    expect(calls).not.toContain('stageRestore');
    expect(calls).not.toContain('handOver');
    expect(records).toMatchObject([{ outcome: 'Failed', failure: { type: 'WrongPassword' } }]);
  });

  it("records VolSync's own claim as the latest image of a destination with copy method Direct", async () => {
    const { records, keep } = noting();
    await harness.start('restoreVolume', { ...request, claim: 'volsync-app-dst-dest' }, keep);
    expect(records[0]?.image).toEqual({ apiGroup: '', kind: 'PersistentVolumeClaim', name: 'volsync-app-dst-dest' });
  });
});

describe('an image', () => {
  it('is recorded before the former one is removed, and no claim is made', async () => {
    const { records, cleaned, keep } = noting();
    const { calls, result } = await harness.start('restoreVolume', image, keep);
    expect(calls).not.toContain('handOver');
    expect(calls.slice(-3)).toEqual(['deliverImage', 'recordRestore', 'cleanUpRestore']);
    const name = records[0]?.image?.name;
    expect(name).toMatch(/^volsync-app-dst-dest-\d{14}$/);
    expect(result).toMatchObject({ outcome: 'Restored', image: { name } });
    expect(cleaned[0]).toMatchObject({ handedOver: false, replaced: 'former-image' });
  });

  it('that can not be taken is recorded nowhere', async () => {
    const { records, keep } = noting();
    const { error } = await harness.start('restoreVolume', image, {
      ...keep,
      deliverImage: async () => {
        throw failure('Forbidden');
      },
    });
    expect(ending(error).type).toBe('Forbidden');
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject({ outcome: 'Failed' });
    expect(records[0]?.image).toBeUndefined();
  });

  it('of nothing is not made, and that is said', async () => {
    const { records, keep } = noting();
    const { calls } = await harness.start(
      'restoreVolume',
      { ...image, whenNoSnapshot: 'Empty' },
      {
        ...keep,
        selectSnapshot: nothingFound,
      },
    );
    expect(calls).not.toContain('stageRestore');
    expect(records).toMatchObject([{ outcome: 'StartedEmpty', message: expect.stringContaining('no image was made') }]);
  });
});
