import { pino } from 'pino';
import { errorText, PlatformError } from '../errors.ts';
import { withLock } from '../host/lock.ts';
import { startDriver } from './driver.ts';
import { parseDriverOptions } from './options.ts';

const log = pino({ name: 'csi', base: { pid: process.pid } }, pino.destination({ dest: 2, sync: true }));

/** Runs the driver until SIGTERM or SIGINT. */
async function main(): Promise<void> {
  const options = parseDriverOptions(process.argv.slice(2));
  const asked = new Promise<string>((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
  // Two writers of one state would forget each other's volumes.
  await withLock(
    `csi:${options.dataDirectory}`,
    async () => {
      const driver = await startDriver(options, log);
      log.info({ signal: await asked }, 'stopping');
      await driver.stop();
    },
    (holder) => log.warn({ holder }, 'another driver serves this data directory: waiting'),
  );
  log.info('stopped');
}

main().then(
  () => process.exit(0),
  (error) => {
    if (error instanceof PlatformError) log.fatal(errorText(error));
    else log.fatal({ err: error }, 'the driver failed');
    process.exit(1);
  },
);
