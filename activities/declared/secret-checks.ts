import type { DeclaredStatus } from '../../api/declared-object.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import type { ObjectRef } from '../ports/cluster.ts';
import { type SecretFacts, secretFacts } from '../volume/repository-secret.ts';
import type { Problem } from './problem.ts';
import { failureOf } from './source-status.ts';

/** A Secret that lacks something is looked at again after this, milliseconds. */
const RECHECK_MILLISECONDS = 5_000;

/** How old an answer may be: long while everything works, short while something fails that a changed Secret may mend. */
const SecretAge = { healthy: 30 * 60_000, failing: 15_000 } as const;

export interface CheckedSecret extends SecretFacts {
  /** Changes with the Secret; undefined when there is none. */
  readonly version: string | undefined;
}

/** True while a corrected Secret may be all that is wanted: it is looked at again soon. */
export const isUnusable = ({ state, reading }: SecretFacts): boolean =>
  state !== 'Complete' || reading.kind === 'Invalid';

/** What is known of the Secrets that declared objects name. They may not be listed or watched, so each is asked for. */
export class SecretChecks {
  readonly #dependencies: Pick<ActivityDependencies, 'cluster' | 'clock'>;
  readonly #known = new Map<string, CheckedSecret & { readonly checkedAt: number }>();

  constructor(dependencies: Pick<ActivityDependencies, 'cluster' | 'clock'>) {
    this.#dependencies = dependencies;
  }

  /** The Secret that an object with this status names. Throws PortError of the cluster. */
  async check(ref: ObjectRef, status: DeclaredStatus | undefined): Promise<CheckedSecret> {
    const key = `${ref.namespace}/${ref.name}`;
    const now = this.#dependencies.clock.now();
    const known = this.#known.get(key);
    const age = failureOf(status) === undefined ? SecretAge.healthy : SecretAge.failing;
    const limit = known && !isUnusable(known) ? age : RECHECK_MILLISECONDS;
    if (known && now - known.checkedAt < limit) return known;
    const secret = await this.#dependencies.cluster.get('Secret', ref);
    const entry = { ...secretFacts(secret), version: secret?.metadata?.resourceVersion, checkedAt: now };
    this.#known.set(key, entry);
    return entry;
  }
}

/** The Secret's problem as a condition tells it. Pure. */
export function secretProblem(
  { state }: CheckedSecret,
  ref: ObjectRef,
  field = 'spec.kopia.repository',
): Problem | undefined {
  const name = `Secret ${ref.namespace}/${ref.name} (${field})`;
  switch (state) {
    case 'Complete':
      return undefined;
    case 'Missing':
      return {
        reason: 'SecretMissing',
        message: `${name} does not exist: create it with the key KOPIA_PASSWORD; it is looked for again by itself`,
      };
    case 'KeyMissing':
      return {
        reason: 'SecretInvalid',
        message: `${name} has no key KOPIA_PASSWORD: add it with the repository's password`,
      };
    case 'KeyEmpty':
      return {
        reason: 'SecretInvalid',
        message: `${name} has an empty KOPIA_PASSWORD: give it the repository's password`,
      };
  }
}
