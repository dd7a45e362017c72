import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PlatformError } from '../errors.ts';
import { systemProgram } from '../host/packages.ts';
import { run } from '../host/run.ts';
import { buildImage, type Image } from './archive.ts';
import { digestOf, keyOf } from './digest.ts';
import { ensureCached, type ImageOptions } from './image-cache.ts';
import type { LayerEntry } from './layer.ts';
import { collectProgram, librariesOf } from './program.ts';
import { basicEntries } from './system-files.ts';

const reference = 'stowage.test/app:1';

/** The image of demo and test workloads: busybox with all its applets under /bin, and sqlite3. */
export async function ensureAppImage(options: ImageOptions = {}): Promise<Image> {
  const sqlite = await systemProgram('sqlite3');
  if (!sqlite) throw new PlatformError('sqlite3 is missing: install the Debian package sqlite3');
  return withBusybox(async (busybox) => {
    const programs = await collectProgram(sqlite);
    const digests = await Promise.all([busybox, ...programs.map(({ from }) => from)].map(digestOf));
    const tar = await ensureCached('app', keyOf(['1', process.arch, ...digests]), options, async (output) => {
      const applets = (await run(busybox, ['--list'])).split('\n').filter((name) => name && name !== 'busybox');
      const links = applets.map((applet): LayerEntry => ({ link: 'busybox', to: `/bin/${applet}` }));
      const files: LayerEntry[] = [
        { from: busybox, to: '/bin/busybox', mode: 0o755 },
        ...links,
        ...programs,
        { link: programs[0]?.to ?? sqlite, to: '/bin/sqlite3' },
        ...basicEntries('app'),
      ];
      await buildImage({
        reference,
        layers: [{ files }],
        env: { PATH: '/bin', HOME: '/tmp' },
        cmd: ['/bin/sh'],
        output,
      });
    });
    return { reference, tar };
  });
}

/** Gives `use` a static busybox: the installed one, else one taken out of its package without installing it. */
async function withBusybox<T>(use: (busybox: string) => Promise<T>): Promise<T> {
  const installed = await systemProgram('busybox');
  if (installed && (await librariesOf(installed)).length === 0) return use(installed);
  const folder = await mkdtemp(join(tmpdir(), 'busybox-'));
  try {
    await run('apt-get', ['download', 'busybox-static'], { cwd: folder });
    const archive = (await readdir(folder)).find((file) => file.endsWith('.deb'));
    if (!archive) throw new PlatformError('apt-get download busybox-static left no package: install it by hand');
    await run('dpkg-deb', ['-x', join(folder, archive), join(folder, 'content')]);
    return await use(await findBusybox(join(folder, 'content')));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function findBusybox(content: string): Promise<string> {
  // Debian 12 has it in /bin, later ones in /usr/bin.
  const names = await readdir(content, { recursive: true });
  const found = names.find((name) => /^(usr\/)?bin\/busybox$/.test(name));
  if (!found) throw new PlatformError('the package busybox-static has no busybox: install it by hand');
  return join(content, found);
}
