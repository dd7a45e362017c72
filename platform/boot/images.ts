import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { systemProgram } from '../host/packages.ts';
import { run } from '../host/run.ts';
import type { Paths } from '../layout/paths.ts';

/** Imports a docker-archive into the node's containerd, where pods with `imagePullPolicy: Never` or `IfNotPresent` find it. */
export async function importArchive(paths: Paths, archive: string): Promise<void> {
  const ctr = (await systemProgram('ctr')) ?? 'ctr';
  await run(ctr, ['--address', paths.containerdSocket, '--namespace', 'k8s.io', 'images', 'import', archive]);
}

/** Imports an archive unless exactly this one was imported before. */
export async function ensureArchive(paths: Paths, archive: string): Promise<void> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(archive), hash);
  const digest = hash.digest('hex');
  const stamp = join(paths.images, `${basename(archive)}.sha256`);
  if ((await readFile(stamp, 'utf8').catch(() => '')) === digest) return;
  await importArchive(paths, archive);
  await writeFile(stamp, digest);
}
