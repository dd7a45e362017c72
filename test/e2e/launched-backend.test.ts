import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { startWebdavServer, type WebdavServer } from '../servers/webdav-server.ts';
import { backup, createVolume, deleteClaim, restore, snapshotsOf, treeText } from '../system/volume.ts';
import { createWorld, type World } from '../system/world.ts';

let server: WebdavServer;
let world: World;

beforeAll(async () => {
  const platform = inject('platform');
  server = await startWebdavServer(platform.nodeAddress);
  const objectStore = {
    KOPIA_REPOSITORY: 'webdav://',
    WEBDAV_URL: server.url,
    WEBDAV_USERNAME: server.username,
    WEBDAV_PASSWORD: server.password,
  };
  world = await createWorld({ name: 'dav', platform, stowageImage: inject('stowageImage'), objectStore });
}, 240_000);
afterAll(async () => {
  await world?.close();
  await server?.stop();
}, 120_000);

it('a backend that needs the launcher is backed up into, compared and restored from by unprivileged pods', {
  timeout: 240_000,
}, async () => {
  const volume = await createVolume(world, { app: 'emby' });
  const { snapshotId, files } = await backup(volume);
  expect(files).toBe(42);
  expect((await snapshotsOf(volume)).map(({ id }) => id)).toEqual([snapshotId]);
  const before = await treeText(volume);
  await deleteClaim(volume);
  const restored = await restore(volume);
  expect(restored.comparison?.filesFound).toBe(42);
  expect(await treeText(volume)).toBe(before);
});
