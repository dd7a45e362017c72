import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createStateStore, type DriverState, readState } from '../../platform/csi/state.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'csi-state-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const empty: DriverState = { version: 1, backend: 'directory', volumes: {}, snapshots: {} };
const snapshot = (id: string) => ({
  ...{ id, name: id, sourceVolumeId: 'v', sizeBytes: 1, createdAt: '2026-01-01T00:00:00Z' },
  medium: 'directory' as const,
});

it('a new data directory has no state', async () => {
  expect(await readState(folder)).toBeUndefined();
});

it('keeps every one of many changes made at once, and nothing half beside it', async () => {
  const store = await createStateStore(folder, empty);
  const ids = Array.from({ length: 20 }, (_, index) => `s${index}`);
  await Promise.all(
    ids.map((id) => store.update((state) => ({ ...state, snapshots: { ...state.snapshots, [id]: snapshot(id) } }))),
  );
  expect(Object.keys((await readState(folder))?.snapshots ?? {}).sort()).toEqual([...ids].sort());
  expect(readdirSync(folder)).toEqual(['state.json']);
});

it.each(['', '{"version":2}', '{"version":1'])(
  'refuses to start empty over a state it cannot read: %j',
  async (text) => {
    await writeFile(join(folder, 'state.json'), text);
    await expect(readState(folder)).rejects.toThrow(/not a state of this driver/);
  },
);
