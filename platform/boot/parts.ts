import type { BootContext } from './context.ts';

// Call sites of platform/csi and platform/images; until those are there, hand-made archives stand in.

/** An image as pods name it, and the docker-archive that holds it. */
export type PlatformImage = { readonly reference: string; readonly archive: string };

/** The images that every platform has. */
export type PlatformImages = {
  readonly pause: PlatformImage;
  readonly kopia: PlatformImage;
  readonly app: PlatformImage;
};

/** Builds (or finds in the cache) the images of a platform. */
export async function platformImages(_context: BootContext): Promise<PlatformImages> {
  const image = (name: string): PlatformImage => ({
    reference: `stowage.local/${name}:1`,
    archive: `/tmp/standin/${name}.tar`,
  });
  return { pause: image('pause'), kopia: image('kopia'), app: image('app') };
}
