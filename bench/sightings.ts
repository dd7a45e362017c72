import { type KubeConfig, type KubernetesObject, Watch } from '@kubernetes/client-node';

/** One event of a watch and when it arrived, milliseconds on the clock of `performance.now()`. */
export interface Sighting<T> {
  readonly type: string;
  readonly object: T;
  readonly at: number;
}

/** What one watch has seen; nothing is asked twice, so waiting costs the API server nothing. */
export interface Sightings<T> {
  /** The first sighting, past or to come, that fits. @throws Error when there is none within `seconds`. */
  until(what: string, fits: (sighting: Sighting<T>) => boolean, seconds: number): Promise<Sighting<T>>;
  close(): void;
}

type Waiting<T> = {
  readonly fits: (sighting: Sighting<T>) => boolean;
  readonly found: (sighting: Sighting<T>) => void;
  readonly failed: (error: Error) => void;
};

/** Opens a watch on a collection; when this resolves, the server is sending. */
export async function watchCollection<T extends KubernetesObject>(
  config: KubeConfig,
  path: string,
  query: Readonly<Record<string, string>> = {},
): Promise<Sightings<T>> {
  const seen: Sighting<T>[] = [];
  const waiting = new Set<Waiting<T>>();
  let ended: Error | undefined;
  const end = (error: Error): void => {
    ended ??= error;
    for (const { failed } of waiting) failed(error);
  };
  const controller = await new Watch(config).watch(
    path,
    { ...query },
    (type, object: T) => {
      const sighting = { type, object, at: performance.now() };
      seen.push(sighting);
      for (const one of waiting) if (one.fits(sighting)) one.found(sighting);
    },
    (error: unknown) =>
      end(new Error(`the watch of ${path} ended: ${error instanceof Error ? error.message : 'closed'}`)),
  );
  if (ended) throw ended;
  return {
    async until(what, fits, seconds) {
      const past = seen.find(fits);
      if (past) return past;
      if (ended) throw ended;
      let timer: NodeJS.Timeout | undefined;
      let entry: Waiting<T> | undefined;
      try {
        return await new Promise<Sighting<T>>((found, failed) => {
          entry = { fits, found, failed };
          waiting.add(entry);
          timer = setTimeout(() => failed(new Error(`${what}: not seen within ${seconds} s`)), seconds * 1000);
        });
      } finally {
        clearTimeout(timer);
        if (entry) waiting.delete(entry);
      }
    },
    close: () => controller.abort(),
  };
}
