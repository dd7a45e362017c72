import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../host/run.ts';
import { projectRoot } from '../project.ts';
import { buildImage, type Image } from './archive.ts';
import { keyOf } from './digest.ts';
import { ensureCached, type ImageOptions } from './image-cache.ts';

const reference = 'stowage.test/pause:1';

/** The image of every pod's first process; needs Go once, then comes from the cache. @throws PlatformError when Go fails. */
export async function ensurePauseImage(options: ImageOptions = {}): Promise<Image> {
  const source = join(projectRoot(), 'platform/images/pause');
  const text = await Promise.all(['go.mod', 'main.go'].map((file) => readFile(join(source, file), 'utf8')));
  const tar = await ensureCached('pause', keyOf([process.arch, ...text]), options, async (output) => {
    const folder = await mkdtemp(join(tmpdir(), 'pause-'));
    try {
      const program = join(folder, 'pause');
      const args = ['build', '-trimpath', '-buildvcs=false', '-ldflags', '-s -w', '-o', program, '.'];
      await run('go', args, { cwd: source, env: { CGO_ENABLED: '0', GOTOOLCHAIN: 'local' } });
      await buildImage({
        reference,
        layers: [{ files: [{ from: program, to: '/pause', mode: 0o755 }] }],
        entrypoint: ['/pause'],
        user: '65535:65535',
        output,
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
  return { reference, tar };
}
