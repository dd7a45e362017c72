import { PlatformError } from './errors.ts';
import type { Platform } from './types.ts';

/** Deploys Stowage's worker on a platform that is up. Placeholder until the worker's image and roles exist. */
export async function deployWorker(platform: Platform): Promise<void> {
  throw new PlatformError(
    `platform ${platform.name} is up, but 'up --worker' is not there yet: start the worker on the host`,
  );
}
