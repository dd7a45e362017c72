import type { TestProject } from 'vitest/node';
import { downPlatform, upPlatform } from '../platform/platform.ts';
import { ensureTools } from '../platform/toolchain/ensure.ts';
import { stderrLog } from '../platform/toolchain/progress.ts';
import { ensureDeclaredKinds } from '../platform/worker/declared-kinds.ts';
import { buildAndImport } from '../platform/worker.ts';
import './provided.ts';

/** Beside `demo` and whatever a person plays with. */
const PLATFORM_NAME = process.env.STOWAGE_TEST_PLATFORM ?? 'test';

/**
 * Brings the platform of the tests up, or finds it running, with the kinds that people declare, and puts the image made of
 * `dist/` on its node. Takes it down again at the end unless STOWAGE_KEEP says otherwise.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  // Some start an S3 server of their own: none of them waits for its build.
  await ensureTools(['versitygw']);
  const platform = await upPlatform({ name: PLATFORM_NAME });
  await ensureDeclaredKinds(platform);
  const stowageImage = await buildAndImport(platform, stderrLog);
  process.env.STOWAGE_KOPIA ??= platform.tools.kopia;
  process.env.STOWAGE_TEMPORAL ??= platform.tools.temporal;
  project.provide('platform', platform);
  project.provide('stowageImage', stowageImage);
  return async () => {
    if (!process.env.STOWAGE_KEEP) await downPlatform(PLATFORM_NAME);
  };
}
