import type { V1PersistentVolumeClaim } from '@kubernetes/client-node';
import type { ActivityDependencies } from '../dependencies.ts';
import type { DeclaredObject, RepositoryObject } from '../ports/cluster.ts';
import type { Orchestrator } from '../ports/orchestrator.ts';

/** What the watch is told by the worker's configuration. */
export interface WatchSettings {
  /** False for namespaces that another Stowage (or nobody) looks after. */
  readonly isWatched: (namespace: string) => boolean;
  /** Stowage's name of the repository that declared objects mean. */
  readonly repository: string;
}

/** Everything that the watch touches. */
export interface WatchDependencies extends ActivityDependencies {
  readonly orchestrator: Orchestrator;
  readonly watch: WatchSettings;
  /** Aborts when the worker drains: another one takes over at once. */
  readonly stopping: AbortSignal;
}

/** The cluster as one pass sees it. */
export interface Picture {
  readonly sources: readonly DeclaredObject[];
  readonly destinations: readonly DeclaredObject[];
  readonly repositories: readonly RepositoryObject[];
  claim(namespace: string, name: string): V1PersistentVolumeClaim | undefined;
  /** Claims that name this destination as their data source. */
  populatedClaims(namespace: string, destination: string): readonly V1PersistentVolumeClaim[];
  /** Those of them that wait for a volume. */
  waitingClaims(namespace: string, destination: string): readonly V1PersistentVolumeClaim[];
  /** What a verification found damaged that snapshots of this identity need; undefined where it knows of nothing. */
  damageOf(repository: string, identity: string): string | undefined;
  /** VolSync's operator renews its lease: what it may act on is not touched. */
  readonly volsyncActs: boolean;
}

/** Collects why objects are not acted on, and when to look again although nothing changed. */
export class PassNotes {
  readonly held: Record<string, number> = {};
  /** Set once the schedules were compared with everything that Temporal has, whatever became of the rest. */
  compared = false;
  #again: number | undefined;

  hold(reason: string): void {
    this.held[reason] = (this.held[reason] ?? 0) + 1;
  }

  /** Milliseconds since 1970; the earliest counts. */
  lookAgain(at: number): void {
    this.#again = Math.min(this.#again ?? at, at);
  }

  get again(): number | undefined {
    return this.#again;
  }
}
