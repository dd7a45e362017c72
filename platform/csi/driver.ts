import { mkdir } from 'node:fs/promises';
import type { Logger } from 'pino';
import { createContent } from './content.ts';
import { controllerHandlers } from './controller.ts';
import { identityHandlers, registrationHandlers } from './identity.ts';
import { createKeyedLock } from './keyed-lock.ts';
import { nodeHandlers } from './node.ts';
import { openBackend } from './open-backend.ts';
import type { DriverOptions } from './options.ts';
import { listen, loadProtocol, toImplementation } from './protocol.ts';
import { createStateStore, readState } from './state.ts';

/** A serving driver. `stop` ends it and leaves every mount, because pods go on using theirs. */
export type Driver = { readonly stop: () => Promise<void> };

/** Seconds that running calls get to end. */
const GRACE_SECONDS = 5;

/**
 * Opens the storage as its predecessor left it, also after a SIGKILL or a reboot, and serves the sockets.
 * @throws PlatformError for missing protos, an unreadable state or a backend that cannot be opened.
 */
export async function startDriver(options: DriverOptions, log: Logger): Promise<Driver> {
  const protocol = await loadProtocol(options.protoDirectory);
  await mkdir(options.dataDirectory, { recursive: true, mode: 0o700 });
  const saved = await readState(options.dataDirectory);
  const backend = await openBackend(options.dataDirectory, options.backend, saved?.backend, log);
  const state = await createStateStore(
    options.dataDirectory,
    saved ?? { version: 1, backend: backend.kind, volumes: {}, snapshots: {} },
  );
  const content = createContent(options.dataDirectory, backend);
  await content.recover();
  const storage = { state, content, lock: createKeyedLock() };

  const csi = await listen(options.socket, [
    [protocol.identity, toImplementation(identityHandlers(options.driverName), log)],
    [protocol.controller, toImplementation(controllerHandlers(storage), log)],
    [protocol.node, toImplementation(nodeHandlers(storage, options), log)],
  ]);
  // Last: the kubelet calls the driver as soon as it sees this socket.
  const registration = await listen(options.registrationSocket, [
    [protocol.registration, toImplementation(registrationHandlers(options.driverName, options.socket, log), log)],
  ]);
  const { volumes, snapshots } = state.current();
  const counts = { volumes: Object.keys(volumes).length, snapshots: Object.keys(snapshots).length };
  log.info({ socket: options.socket, backend: backend.kind, ...counts }, 'serving');
  return {
    stop: async () => {
      await Promise.all([registration.close(GRACE_SECONDS), csi.close(GRACE_SECONDS)]);
    },
  };
}
