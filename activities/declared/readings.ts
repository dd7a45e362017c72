import type { DeclaredObject } from '../ports/cluster.ts';

/** Remembers what was read of each object, so that a pass over a thousand objects reads only those that changed. */
export class Readings<T> {
  readonly #read: (object: DeclaredObject) => T;
  readonly #known = new Map<string, { readonly version: string; readonly reading: T }>();

  #revision = 0;

  constructor(read: (object: DeclaredObject) => T) {
    this.#read = read;
  }

  of(object: DeclaredObject): T {
    const { namespace, name, uid, resourceVersion } = object.metadata ?? {};
    const key = `${namespace}/${name}`;
    const version = `${uid}/${resourceVersion}`;
    const known = this.#known.get(key);
    if (known?.version === version) return known.reading;
    const reading = this.#read(object);
    this.#known.set(key, { version, reading });
    this.#revision++;
    return reading;
  }

  /** Another number after each reading that was made anew or forgotten: what follows from all of them may have changed. */
  get revision(): number {
    return this.#revision;
  }

  /** Forgets objects that are gone. */
  keep(objects: readonly DeclaredObject[]): void {
    const present = new Set(objects.map(({ metadata }) => `${metadata?.namespace}/${metadata?.name}`));
    for (const key of this.#known.keys()) if (!present.has(key) && this.#known.delete(key)) this.#revision++;
  }
}
