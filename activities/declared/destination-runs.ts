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
import { MissingClaims } from './missing-claims.ts';
import type { Problem } from './problem.ts';
import type { RepositoryVersions } from './repository-versions.ts';
import type { WatchedRuns } from './runs.ts';
import { type CheckedSecret, isUnusable, type SecretChecks, secretProblem } from './secret-checks.ts';
import { keyOf, repositoryProblem } from './source-view.ts';
import { attemptOf } from './start-decision.ts';
import { StartedRestores } from './started-restores.ts';

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
  readonly #repositories: RepositoryVersions;
  readonly #missing: MissingClaims;
  readonly #started: StartedRestores;
  /** By uid, the object's version at its last look: a run that ended changed it. */
  readonly #versions = new Map<string, string>();

  constructor(
    dependencies: WatchDependencies,
    secrets: SecretChecks,
    runs: WatchedRuns,
    repositories: RepositoryVersions,
  ) {
    this.#dependencies = dependencies;
    this.#secrets = secrets;
    this.#runs = runs;
    this.#repositories = repositories;
    this.#missing = new MissingClaims(dependencies.clock);
    this.#started = new StartedRestores(dependencies.orchestrator, runs);
  }

  /**
   * Starts the restore that is due; one at a time, because all of a destination share its staging claim and movers. Returns why
   * nothing can be started. Throws PortError.
   */
  async start(
    { object, destination, problem, targets }: Wanted,
    picture: Picture,
    sources: readonly DeclaredSource[],
    notes: PassNotes,
  ): Promise<Problem | undefined> {
    if (problem || !destination) return problem;
    const { namespace } = destination;
    const uid = uidOf(object);
    const settled = this.#missing.settled(uid, targets, notes);
    const workflowIds = settled.map(({ claim }) => restoreWorkflowId(namespace, claim));
    const version = object.metadata?.resourceVersion ?? '';
    if (this.#versions.get(uid) !== version) for (const id of workflowIds) this.#runs.forget(id);
    this.#versions.set(uid, version);
    if (await this.#started.underWay(uid, workflowIds)) {
      if (settled.length > 0) notes.lookAgain(this.#dependencies.clock.now() + LOOK_AGAIN);
      return undefined;
    }
    if (settled.length === 0) return undefined;
    const space = await this.#dependencies.cluster.get('Namespace', { name: namespace });
    if (!space || space.metadata?.deletionTimestamp) return undefined;
    for (const target of settled) {
      const resolved = resolveDestination(destination, target.deliver === 'Claim' ? target.claim : undefined, sources);
      const secret = await this.#checkSecret(object, namespace, resolved, notes);
      if ('reason' in secret) return secret;
      const unreachable = repositoryProblem(namespace, { ...destination.template, ...resolved }, secret, picture);
      if (unreachable) return unreachable;
      const claim = picture.claim(namespace, target.claim);
      if (await this.#startOne(object, destination, target, claim, resolved, secret, sources, notes)) return undefined;
    }
    return undefined;
  }

  /** Asks the restores of destinations that are gone to end; one that took a name is another one. Throws PortError. */
  async cancelGone(present: readonly DeclaredObject[]): Promise<void> {
    const uids = new Set(present.map(uidOf));
    this.#missing.keep(uids);
    for (const uid of this.#versions.keys()) if (!uids.has(uid)) this.#versions.delete(uid);
    await this.#started.cancelGone(uids);
  }

  /** True when its restore is under way now. */
  async #startOne(
    object: DeclaredObject,
    destination: DeclaredDestination,
    target: RestoreTarget,
    claim: V1PersistentVolumeClaim | undefined,
    resolved: ResolvedDestination,
    secret: CheckedSecret,
    sources: readonly DeclaredSource[],
    notes: PassNotes,
  ): Promise<boolean> {
    const backedUp = sources.some(
      ({ name, namespace, lastSyncTime, request: { claim: saved } }) =>
        lastSyncTime !== undefined &&
        namespace === destination.namespace &&
        (name === resolved.source || saved === target.claim),
    );
    // What was backed up once is no first deployment, whatever a changed identity finds.
    const allowed = { ...resolved, firstDeploymentAllowed: resolved.firstDeploymentAllowed && !backedUp };
    const request = buildRequest(destination, target, allowed, isServed(destination, object.status), sources);
    const workflowId = restoreWorkflowId(request.namespace, request.claim);
    // What could make a difference to a restore that failed.
    const attempt = attemptOf('restore', request, object.metadata?.uid, secret.version, {
      repository: await this.#repositories.of(request.repository),
      // Another claim of that name, or the same one lost once more: what failed before says nothing about it.
      claim: claim?.metadata?.uid ?? restoredSince(object),
      backedUp,
    });
    const decision = await this.#runs.startIfDue(workflowId, { attempt, repeats: target.repeats }, async () => {
      if (await this.#stillDeclared(object)) await this.#dependencies.orchestrator.startRestore(request, attempt);
    });
    if (decision.kind === 'Wait') notes.lookAgain(decision.until);
    if (decision.kind !== 'Start' && decision.kind !== 'Running') return false;
    notes.lookAgain(this.#dependencies.clock.now() + LOOK_AGAIN);
    this.#started.add(uidOf(object), workflowId);
    return true;
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
    const secret = await this.#secrets.check(ref, object.status);
    if (isUnusable(secret)) notes.lookAgain(this.#dependencies.clock.now() + LOOK_AGAIN);
    return secretProblem(secret, ref) ?? secret;
  }

  /** Asked anew: a watch may lag, and a restore for a destination that is gone would make a claim that nobody wants. */
  async #stillDeclared({ metadata }: DeclaredObject): Promise<boolean> {
    const { namespace = '', name = '', uid } = metadata ?? {};
    const [found] = await this.#dependencies.cluster.list('ReplicationDestination', { namespace, name });
    return found?.metadata?.uid === uid && found?.metadata?.deletionTimestamp === undefined;
  }
}

const uidOf = (object: DeclaredObject): string => object.metadata?.uid ?? keyOf(object);

/** Since when the claim is not there, as the status says it: once for each loss. */
const restoredSince = ({ status }: DeclaredObject): string | undefined =>
  status?.conditions?.find(({ type }) => type === ConditionType.restored)?.lastTransitionTime;
