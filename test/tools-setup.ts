import { ensureTools } from '../platform/toolchain/ensure.ts';

/** Finds or builds Kopia and Temporal once; tests read their paths from the environment. */
export async function setup(): Promise<void> {
  const tools = await ensureTools(['kopia', 'temporal']);
  process.env.STOWAGE_KOPIA ??= tools.kopia;
  process.env.STOWAGE_TEMPORAL ??= tools.temporal;
}
