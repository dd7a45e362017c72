import { ConditionType } from '../api/declared-object.ts';
import { resolveDestination } from '../api/destination-identity.ts';
import { formatIdentity } from '../api/identity.ts';
import type { DeclaredDestination } from '../api/replication-destination.ts';
import type { DeclaredSource } from '../api/replication-source.ts';
import { desiredSchedules } from '../schedules/desired.ts';
import { scheduleId } from '../schedules/ids.ts';
import { DEFAULT_DELETIONS, type DeletionPolicy, planSchedules, type SchedulePlan } from '../schedules/plan.ts';
import type { CurrentSchedule, DesiredSchedule } from '../schedules/settings.ts';
import type { ClaimView } from './cluster.ts';
import { labelOf } from './declared-objects.ts';
import type { DeclaredWorld, Entry, SourceEntry } from './declared-world.ts';

/** A claim that is missing, or waits for its volume, and would be restored. */
export interface PlannedRestore {
  readonly destination: string;
  readonly claim: string;
  readonly identity: string;
  readonly why: 'Missing' | 'WaitsForVolume';
}

/** A declared object that is not acted on. */
export interface HeldObject {
  readonly object: string;
  readonly reason: 'Invalid' | 'VolumeConflict' | 'AwaitingAdoption' | 'Released';
  readonly message: string;
}

export interface ClusterPlan {
  readonly schedules: SchedulePlan;
  readonly restores: readonly PlannedRestore[];
  readonly held: readonly HeldObject[];
}

/** Reasons of `Protected` by which the watch holds a source's schedule although nothing is wrong with its spec. */
const HOLDING_REASONS: ReadonlySet<string> = new Set([
  ...['SecretMissing', 'SecretInvalid', 'SourceMissing', 'ProvisioningFailed'],
]);

export interface ClusterFacts {
  /** What is planned for: one namespace's, or all. */
  readonly world: DeclaredWorld;
  /** Sources of all namespaces, for the identities of destinations. */
  readonly allSources: readonly SourceEntry[];
  readonly claims: readonly ClaimView[];
}

/** The schedules that the sources which Stowage acts on ask for, held ones included (pure). */
export function desiredOf({ world, claims }: ClusterFacts): DesiredSchedule[] {
  const managed = world.sources.filter(({ control, declared }) => control === 'Managed' && declared !== undefined);
  const bound = new Set(claims.filter(({ phase }) => phase === 'Bound').map(keyOf));
  const holds = new Map(
    managed.flatMap((entry) => {
      const hold = holdOf(entry, bound);
      return hold === undefined ? [] : [[scheduleId(entry.declared!.namespace, entry.declared!.name), hold] as const];
    }),
  );
  return desiredSchedules(
    managed.map(({ declared }) => declared!),
    { startAtOnce: false, declared: true, holds },
  );
}

/**
 * What would change (pure). A source that can't be read keeps the schedule that it has: nobody knows what it was meant to
 * say. `prefix` bounds which schedules may be deleted (`backup/media/`).
 */
export function planCluster(
  facts: ClusterFacts,
  desired: readonly DesiredSchedule[],
  current: readonly CurrentSchedule[],
  prefix: string,
  deletions: DeletionPolicy = DEFAULT_DELETIONS,
): ClusterPlan {
  const unreadable = new Set(
    facts.world.sources
      .filter(({ declared, control }) => declared === undefined && control === 'Managed')
      .map(({ manifest: { metadata } }) => scheduleId(metadata.namespace, metadata.name)),
  );
  const known = current.filter((one) => one.scheduleId.startsWith(prefix) && !unreadable.has(one.scheduleId));
  return {
    schedules: planSchedules(desired, known, deletions),
    restores: restoresOf(facts),
    held: [...facts.world.sources, ...facts.world.destinations].flatMap(heldObject),
  };
}

/** An elder that claims the same, a claim that is not there, or what the watch said when it looked at the Secret last. */
function holdOf({ manifest, declared, conflict }: SourceEntry, bound: ReadonlySet<string>): string | undefined {
  if (conflict) return `VolumeConflict: ${conflict}`;
  const said = manifest.status?.conditions?.find(({ type }) => type === ConditionType.protected);
  const current = said?.observedGeneration === undefined || said.observedGeneration === manifest.metadata.generation;
  if (said?.status === 'False' && current && HOLDING_REASONS.has(said.reason)) return `${said.reason}: ${said.message}`;
  const claim = `${declared?.namespace}/${declared?.request.claim}`;
  return bound.has(claim) ? undefined : `SourceMissing: claim ${claim} (spec.sourcePVC) is not there or not bound`;
}

function restoresOf({ world, allSources, claims }: ClusterFacts): PlannedRestore[] {
  const sources = allSources.flatMap(({ declared }) => declared ?? []);
  const present = new Set(claims.map(keyOf));
  return world.destinations.flatMap(({ declared, control, conflict, manifest }) => {
    if (!declared || control !== 'Managed' || conflict || declared.paused) return [];
    const planned = (claim: string, why: PlannedRestore['why']): PlannedRestore => ({
      destination: labelOf(manifest),
      claim: `${declared.namespace}/${claim}`,
      identity: identityOf(declared, claim, sources),
      why,
    });
    const waiting = claims
      .filter(({ namespace, waitsFor }) => namespace === declared.namespace && waitsFor === declared.name)
      .map(({ name }) => planned(name, 'WaitsForVolume'));
    const missing = declared.claim !== undefined && !present.has(`${declared.namespace}/${declared.claim}`);
    return missing ? [planned(declared.claim!, 'Missing'), ...waiting] : waiting;
  });
}

const identityOf = (destination: DeclaredDestination, claim: string, sources: readonly DeclaredSource[]): string =>
  formatIdentity(resolveDestination(destination, claim, sources).identity);

function heldObject({ manifest, control, invalid, conflict }: Entry<unknown>): HeldObject[] {
  const object = `${manifest.kind} ${labelOf(manifest)}`;
  const say = (reason: HeldObject['reason'], message: string): HeldObject[] => [{ object, reason, message }];
  if (control === 'Released') return say('Released', 'handed back to VolSync by `stowage release`');
  if (control === 'AwaitingAdoption') return say('AwaitingAdoption', 'waits for `stowage adopt`');
  if (invalid !== undefined) return say('Invalid', invalid);
  return conflict === undefined ? [] : say('VolumeConflict', conflict);
}

const keyOf = ({ namespace, name }: ClaimView): string => `${namespace}/${name}`;
