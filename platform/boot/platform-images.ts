import { ensureAppImage } from '../images/app-image.ts';
import type { Image } from '../images/archive.ts';
import { ensureKopiaImage } from '../images/kopia-image.ts';
import { ensurePauseImage } from '../images/pause-image.ts';
import type { BootContext } from './context.ts';

/** The images that every platform has: of pods' first process, of movers, of demo and test workloads. */
export type PlatformImages = { readonly pause: Image; readonly kopia: Image; readonly app: Image };

/** Finds the images in the cache, or builds them. */
export async function platformImages({ tools, log }: BootContext): Promise<PlatformImages> {
  const options = { onProgress: log };
  const [pause, kopia, app] = await Promise.all([
    ensurePauseImage(options),
    ensureKopiaImage({ ...options, kopia: tools.kopia ?? 'kopia' }),
    ensureAppImage(options),
  ]);
  return { pause, kopia, app };
}
