import type { Platform } from '../platform/types.ts';

declare module 'vitest' {
  /** What `inject` gives to the tests of the projects cluster, e2e and faults. */
  interface ProvidedContext {
    readonly platform: Platform;
    /** Reference of the image made of this checkout's `dist/`, known to the platform's node. */
    readonly stowageImage: string;
  }
}
