import { ensureTools } from '../platform/toolchain/ensure.ts';

/** Finds or builds Kopia, Temporal and the S3 server once; tests read the paths of the first two from the environment. */
export async function setup(): Promise<void> {
  const tools = await ensureTools(['kopia', 'versitygw', 'temporal']);
  process.env.STOWAGE_KOPIA ??= tools.kopia;
  process.env.STOWAGE_TEMPORAL ??= tools.temporal;
}
