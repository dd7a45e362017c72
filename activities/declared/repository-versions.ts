import { repositoryRecordName } from '../../api/names.ts';
import type { WatchDependencies } from './declared-context.ts';

/** How long an answer is believed, milliseconds: hundreds of objects of one repository ask for it in one pass. */
const AGE = 5_000;

type Dependencies = Pick<WatchDependencies, 'cluster' | 'clock' | 'settings' | 'watch'>;

/** The versions of the repositories' records: `stowage init` makes and changes them, and then a run that failed may go well. */
export class RepositoryVersions {
  readonly #dependencies: Dependencies;
  readonly #known = new Map<string, { readonly version: Promise<string | undefined>; readonly askedAt: number }>();

  constructor(dependencies: Dependencies) {
    this.#dependencies = dependencies;
  }

  /** Undefined while there is no record. Throws PortError of the cluster. */
  async of(repository = this.#dependencies.watch.repository): Promise<string | undefined> {
    const now = this.#dependencies.clock.now();
    const known = this.#known.get(repository);
    if (known && now - known.askedAt < AGE) return await known.version;
    const version = this.#ask(repository);
    this.#known.set(repository, { version, askedAt: now });
    // An error is no answer.
    version.catch(() => this.#known.delete(repository));
    return await version;
  }

  async #ask(repository: string): Promise<string | undefined> {
    const { cluster, settings } = this.#dependencies;
    const ref = { namespace: settings.stowageNamespace, name: repositoryRecordName(repository) };
    return (await cluster.get('ConfigMap', ref))?.metadata?.resourceVersion;
  }
}
