import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { systemProgram } from '../host/packages.ts';
import { run } from '../host/run.ts';
import type { Paths } from '../layout/paths.ts';

/** Imports a docker-archive into the node's containerd, where pods with `imagePullPolicy: Never` or `IfNotPresent` find it. */
export async function importArchive(paths: Paths, archive: string): Promise<void> {
  const ctr = (await systemProgram('ctr')) ?? 'ctr';
  await run(ctr, ['--address', paths.containerdSocket, '--namespace', 'k8s.io', 'images', 'import', archive]);
}

/** Imports an archive of the image cache unless it was imported before: its file name is the key of its content. */
export async function ensureArchive(paths: Paths, archive: string): Promise<void> {
  const stamp = join(paths.images, basename(archive));
  if (existsSync(stamp)) return;
  await importArchive(paths, archive);
  await writeFile(stamp, '');
}
