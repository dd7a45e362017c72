import type { V1PersistentVolumeClaim } from '@kubernetes/client-node';
import { ConditionType } from '../../api/declared-object.ts';
import { type ResolvedDestination, resolveDestination } from '../../api/destination-identity.ts';
import type { DeclaredDestination } from '../../api/replication-destination.ts';
import type { DeclaredSource } from '../../api/replication-source.ts';
import { restoreWorkflowId } from '../../workflows/restore/contract.ts';
import type { DeclaredObject } from '../ports/cluster.ts';
import type { PassNotes, Picture, WatchDependencies } from './declared-context.ts';
import { buildRequest } from './destination-request.ts';
import { isServed, type RestoreTarget } from './destination-targets.ts';
import type { Problem } from './problem.ts';
import { repositoryVersion } from './repository-version.ts';
import type { WatchedRuns } from './runs.ts';
import { type CheckedSecret, SecretAge, type SecretChecks, secretProblem } from './secret-checks.ts';
import { failureOf } from './source-status.ts';
import { keyOf, repositoryProblem } from './source-view.ts';
import { attemptOf } from './start-decision.ts';

/** A claim is missing when it was not there for this long: who removes an application removes its objects one by one, milliseconds. */
const SETTLE = 3_000;

/** A Secret that lacks something is looked at again after this, milliseconds. */
const LOOK_AGAIN = 5_000;

interface Wanted {
  readonly object: DeclaredObject;
  readonly destination: DeclaredDestination | undefined;
  readonly problem: Problem | undefined;
  readonly targets: readonly RestoreTarget[];
}

/** The restores of destinations: starts what is due, ends what nobody declares any more. */
export class DestinationRuns {
  readonly #dependencies: WatchDependencies;
  readonly #secrets: SecretChecks;
  readonly #runs: WatchedRuns;
  /** By `namespace/claim`, since when it is known to be missing. */
  readonly #missingSince = new Map<string, number>();
  /** Ids of runs by the destination for which they were started. */
  readonly #started = new Map<string, Set<string>>();
  /** The object's version at its last look: a run that ended changed it. */
  readonly #versions = new Map<string, string>();

  constructor(dependencies: WatchDependencies, secrets: SecretChecks, runs: WatchedRuns) {
    this.#dependencies = dependencies;
    this.#secrets = secrets;
    this.#runs = runs;
  }

  /** Starts the restores that are due. Returns why nothing can be started. Throws PortError. */
  async start(
    { object, destination, problem, targets }: Wanted,
    picture: Picture,
    sources: readonly DeclaredSource[],
    notes: PassNotes,
  ): Promise<Problem | undefined> {
    if (problem || !destination) return problem;
    this.#forgetFound(destination, picture);
    if (targets.length === 0) this.#started.delete(keyOf(object));
    const settled = targets.filter((target) => this.#isSettled(destination.namespace, target, notes));
    if (settled.length === 0) return undefined;
    const { namespace } = destination;
    const space = await this.#dependencies.cluster.get('Namespace', { name: namespace });
    if (!space || space.metadata?.deletionTimestamp) return undefined;
    for (const target of settled) {
      const resolved = resolveDestination(destination, target.deliver === 'Claim' ? target.claim : undefined, sources);
      const secret = await this.#checkSecret(object, namespace, resolved, notes);
      if ('reason' in secret) return secret;
      const unreachable = repositoryProblem(namespace, { ...destination.template, ...resolved }, picture);
      if (unreachable) return unreachable;
      const claim = picture.claim(namespace, target.claim);
      await this.#startOne(object, destination, target, claim, resolved, secret, sources, notes);
    }
    return undefined;
  }

  /** Asks the restores of destinations that are gone to end: their claims are not wanted any more. */
  async cancelGone(present: readonly DeclaredObject[]): Promise<void> {
    const keys = new Set(present.map(keyOf));
    for (const [key, workflowIds] of this.#started) {
      if (keys.has(key)) continue;
      for (const workflowId of workflowIds) await this.#dependencies.orchestrator.cancelRun(workflowId);
      this.#started.delete(key);
    }
  }

  async #startOne(
    object: DeclaredObject,
    destination: DeclaredDestination,
    target: RestoreTarget,
    claim: V1PersistentVolumeClaim | undefined,
    resolved: ResolvedDestination,
    secret: CheckedSecret,
    sources: readonly DeclaredSource[],
    notes: PassNotes,
  ): Promise<void> {
    const backedUp = sources.some(
      ({ name, namespace, lastSyncTime, request: { claim: saved } }) =>
        lastSyncTime !== undefined &&
        namespace === destination.namespace &&
        (name === resolved.source || saved === target.claim),
    );
    // What was backed up once is no first deployment, whatever a changed identity finds.
    const allowed = { ...resolved, firstDeploymentAllowed: resolved.firstDeploymentAllowed && !backedUp };
    const request = buildRequest(destination, target, allowed, isServed(destination, object.status));
    const workflowId = restoreWorkflowId(request.namespace, request.claim);
    const key = keyOf(object);
    const version = object.metadata?.resourceVersion ?? '';
    if (this.#versions.get(key) !== version) this.#runs.forget(workflowId);
    this.#versions.set(key, version);
    // What could make a difference to a restore that failed.
    const attempt = attemptOf('restore', request, object.metadata?.uid, secret.version, {
      repository: await repositoryVersion(this.#dependencies, request.repository),
      // Another claim of that name, or the same one lost once more: what failed before says nothing about it.
      claim: claim?.metadata?.uid ?? restoredSince(object),
      backedUp,
    });
    const decision = await this.#runs.startIfDue(workflowId, { attempt, repeats: target.repeats }, async () => {
      if (await this.#stillDeclared(object)) await this.#dependencies.orchestrator.startRestore(request, attempt);
    });
    if (decision.kind === 'Wait') notes.lookAgain(decision.until);
    if (decision.kind === 'Start' || decision.kind === 'Running') {
      notes.lookAgain(this.#dependencies.clock.now() + LOOK_AGAIN);
      this.#started.set(key, (this.#started.get(key) ?? new Set()).add(workflowId));
    }
  }

  async #checkSecret(
    object: DeclaredObject,
    namespace: string,
    { secretName }: ResolvedDestination,
    notes: PassNotes,
  ): Promise<CheckedSecret | Problem> {
    if (secretName === undefined) {
      const message =
        'spec.kopia.repository: must name the Secret of the repository, because no declared source says which one is meant';
      return { reason: 'InvalidSpec', message };
    }
    const ref = { namespace, name: secretName };
    const age = failureOf(object.status) === undefined ? SecretAge.healthy : SecretAge.failing;
    const secret = await this.#secrets.check(ref, age);
    if (secret.state !== 'Complete') notes.lookAgain(this.#dependencies.clock.now() + LOOK_AGAIN);
    return secretProblem(secret, ref) ?? secret;
  }

  /** Asked anew: a watch may lag, and a restore for a destination that is gone would make a claim that nobody wants. */
  async #stillDeclared({ metadata }: DeclaredObject): Promise<boolean> {
    const { namespace = '', name = '', uid } = metadata ?? {};
    const [found] = await this.#dependencies.cluster.list('ReplicationDestination', { namespace, name });
    return found?.metadata?.uid === uid && found?.metadata?.deletionTimestamp === undefined;
  }

  #isSettled(namespace: string, { claim, missing }: RestoreTarget, notes: PassNotes): boolean {
    if (!missing) return true;
    const now = this.#dependencies.clock.now();
    const key = `${namespace}/${claim}`;
    const since = this.#missingSince.get(key) ?? now;
    this.#missingSince.set(key, since);
    if (now - since >= SETTLE) return true;
    notes.lookAgain(since + SETTLE);
    return false;
  }

  /** A claim that is there again is not missing since then. */
  #forgetFound({ namespace, claim }: DeclaredDestination, picture: Picture): void {
    if (claim !== undefined && picture.claim(namespace, claim)) this.#missingSince.delete(`${namespace}/${claim}`);
  }
}

/** Since when the claim is not there, as the status says it: once for each loss. */
const restoredSince = ({ status }: DeclaredObject): string | undefined =>
  status?.conditions?.find(({ type }) => type === ConditionType.restored)?.lastTransitionTime;
