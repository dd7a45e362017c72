/** The workflow that keeps everything as declared; there is one, under one id. */
export const WATCH_CLUSTER = 'watchCluster';
export const watchWorkflowId = (): string => 'watch-cluster';

/** Heartbeat detail of the watch: what a person sees of it in the Temporal UI. */
export interface WatchProgress {
  readonly sources: number;
  readonly destinations: number;
  /** Objects that are not acted on, and why: `AwaitingAdoption`, `InvalidSpec`, … */
  readonly held: Readonly<Record<string, number>>;
  /** RFC 3339: the last pass that ended well. */
  readonly lastPass?: string;
  /** Why the newest pass did not end well; it is tried again by itself. */
  readonly problem?: string;
  /** Set while more schedules would be deleted at once than may be without a person's word. */
  readonly refusedDeletions?: string;
  /** Their sources, by `namespace/name`, where they are few: the next watch must not take them for an ordinary deletion. */
  readonly keptSchedules?: readonly string[];
}

export interface WatchActivities {
  /**
   * Watches sources, destinations and claims, and keeps schedules, restores and status as declared, for as long as its worker
   * lives. Ends only when the worker drains, with a failure that makes the next worker take over at once. Two at the same
   * time do no harm: every write is idempotent.
   */
  watchDeclaredObjects(): Promise<void>;
}
