import type { Orchestrator, ScheduledSource, ScheduleReport, SourceRef } from '../ports/orchestrator.ts';
import { holdOf, type SourceView } from './source-view.ts';

/**
 * How many schedules one pass deletes because their sources went. A person removes a handful of applications at a time; a
 * CRD that was replaced, or a cluster restored from an old state, removes nearly all.
 */
const DELETIONS_AT_ONCE = 10;

export interface ScheduleOutcome {
  readonly failed: ReadonlyMap<string, string>;
  readonly refusedDeletions?: string;
}

/** Keeps Temporal's schedules as the sources declare; remembers what it did, so that an unchanged source costs nothing. */
export class SourceSchedules {
  readonly #orchestrator: Orchestrator;
  /** What each schedule was brought to, by `namespace/name`. */
  readonly #done = new Map<string, string>();
  #refused: string | undefined;

  constructor(orchestrator: Orchestrator) {
    this.#orchestrator = orchestrator;
  }

  /**
   * `views` are all sources that Stowage acts on; a schedule of one that can't be read stays as it is. `complete` compares
   * with everything that Temporal has; otherwise only what changed is looked at. Throws PortError.
   */
  async sync(views: readonly SourceView[], complete: boolean): Promise<ScheduleOutcome> {
    const readable = views.filter(({ source }) => source !== undefined);
    const keep = views.filter(({ source }) => source === undefined);
    await this.#deleteGone([...readable, ...keep]);
    const report = complete ? await this.#syncAll(readable, keep) : await this.#syncChanged(readable);
    for (const view of readable) {
      if (!report.failed.has(view.key)) this.#done.set(view.key, fingerprint(view));
    }
    return { failed: report.failed, ...(this.#refused ? { refusedDeletions: this.#refused } : {}) };
  }

  async #syncAll(readable: readonly SourceView[], keep: readonly SourceRef[]): Promise<ScheduleReport> {
    const report = await this.#orchestrator.syncSchedules(readable.map(scheduled), { keep });
    this.#refused = report.refusedDeletions;
    if (!this.#refused) this.#forgetAllBut([...readable, ...keep]);
    return report;
  }

  /** What this watch itself saw go, one by one; the comparison with everything would call the last one a mass deletion. */
  async #deleteGone(present: readonly SourceRef[]): Promise<void> {
    const keys = new Set(present.map(refKey));
    const gone = [...this.#done.keys()].filter((key) => !keys.has(key));
    if (gone.length > DELETIONS_AT_ONCE) {
      this.#refused = `${gone.length} sources went at once: their schedules stay until \`stowage plan --apply --allow-deletions\``;
      return;
    }
    for (const key of gone) {
      await this.#orchestrator.deleteSchedule(refOf(key));
      this.#done.delete(key);
    }
  }

  async #syncChanged(readable: readonly SourceView[]): Promise<ScheduleReport> {
    const changed = readable.filter((view) => this.#done.get(view.key) !== fingerprint(view));
    if (changed.length === 0) return { changes: 0, failed: new Map() };
    return await this.#orchestrator.syncSchedules(changed.map(scheduled));
  }

  #forgetAllBut(present: readonly SourceRef[]): void {
    const keys = new Set(present.map(refKey));
    for (const key of this.#done.keys()) if (!keys.has(key)) this.#done.delete(key);
  }
}

function scheduled(view: SourceView): ScheduledSource {
  const held = holdOf(view);
  // Only readable views come here.
  return { source: view.source!, ...(held === undefined ? {} : { held }) };
}

/** Everything of a source that its schedule depends on. */
function fingerprint({ source, ...view }: SourceView): string {
  const { lastSyncTime, ...declared } = source ?? {};
  return JSON.stringify([declared, holdOf({ source, ...view })]);
}

const refKey = ({ namespace, name }: SourceRef): string => `${namespace}/${name}`;

function refOf(key: string): SourceRef {
  const [namespace = '', name = ''] = key.split('/');
  return { namespace, name };
}
