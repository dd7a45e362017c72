import { PlatformError } from '../errors.ts';
import { buildImage, type Image } from './archive.ts';
import { digestOf, keyOf } from './digest.ts';
import { ensureCached, type ImageOptions } from './image-cache.ts';
import { librariesOf } from './program.ts';
import { basicEntries, certificateEntry, IMAGE_USER_ID } from './system-files.ts';

const reference = 'stowage.test/kopia:0.21.1';

/** The movers' image: Kopia, certificates, user names and /tmp. No shell: whoever gets in finds nothing to run. */
export async function ensureKopiaImage(options: ImageOptions & { readonly kopia: string }): Promise<Image> {
  const certificates = certificateEntry();
  const key = keyOf(['1', process.arch, await digestOf(options.kopia), await digestOf(certificates.from)]);
  const tar = await ensureCached('kopia', key, options, async (output) => {
    await requireStatic(options.kopia);
    const files = [{ from: options.kopia, to: '/kopia', mode: 0o755 }, certificates, ...basicEntries('kopia')];
    const user = `${IMAGE_USER_ID}:${IMAGE_USER_ID}`;
    await buildImage({ reference, layers: [{ files }], env: { HOME: '/tmp' }, entrypoint: ['/kopia'], user, output });
  });
  return { reference, tar };
}

/** @throws PlatformError for a program that would need libraries which the image does not have. */
export async function requireStatic(program: string): Promise<void> {
  const libraries = await librariesOf(program);
  if (libraries.length === 0) return;
  throw new PlatformError(`${program} needs shared libraries (${libraries[0]} …): use a static build (CGO_ENABLED=0)`);
}
