import type { Orchestrator, ScheduledSource, SourceRef, SourceScheduleReport } from '../ports/orchestrator.ts';
import { DELETIONS_AT_ONCE } from './kept-schedules.ts';
import { holdOf, type SourceView } from './source-view.ts';

export interface ScheduleOutcome {
  readonly failed: ReadonlyMap<string, string>;
  /** Schedules whose sources went, too many at once, by `namespace/name`. */
  readonly kept: readonly string[];
}

/** Keeps Temporal's schedules as the sources declare; remembers what it did, so that an unchanged source costs nothing. */
export class SourceSchedules {
  readonly #orchestrator: Orchestrator;
  /** What each schedule was brought to, by `namespace/name`. */
  readonly #done = new Map<string, string>();
  /** Schedules of sources that are gone, too many at once: by `namespace/name`, until a person deletes them. */
  readonly #kept: Set<string>;

  /** `kept`: what the watch before this one had kept. */
  constructor(orchestrator: Orchestrator, kept: readonly string[] = []) {
    this.#orchestrator = orchestrator;
    this.#kept = new Set(kept);
  }

  /**
   * `views` are all sources that Stowage acts on; a schedule of one that can't be read stays as it is. `complete` compares
   * with everything that Temporal has; otherwise only what changed is looked at. Throws PortError.
   */
  async sync(views: readonly SourceView[], complete: boolean): Promise<ScheduleOutcome> {
    const readable = views.filter(({ source }) => source !== undefined);
    const unreadable = views.filter(({ source }) => source === undefined);
    for (const view of views) this.#kept.delete(view.key);
    await this.#deleteGone(views);
    const report = complete ? await this.#syncAll(readable, unreadable) : await this.#syncChanged(readable);
    for (const view of readable) {
      if (!report.failed.has(view.key)) this.#done.set(view.key, fingerprint(view));
    }
    return { failed: report.failed, kept: [...this.#kept].sort() };
  }

  async #syncAll(readable: readonly SourceView[], unreadable: readonly SourceView[]): Promise<SourceScheduleReport> {
    const keep = [...unreadable, ...[...this.#kept].map(refOf)];
    const report = await this.#orchestrator.syncSchedules(readable.map(scheduled), { keep });
    const undeclared = new Set(report.left);
    for (const { key } of unreadable) undeclared.delete(key);
    // What a person deleted meanwhile is kept no longer, and more may have been refused just now.
    this.#kept.clear();
    for (const key of undeclared) this.#kept.add(key);
    return report;
  }

  /** What this watch itself saw go, one by one; the comparison with everything would call the last one a mass deletion. */
  async #deleteGone(present: readonly SourceView[]): Promise<void> {
    const keys = new Set(present.map(({ key }) => key));
    const gone = [...this.#done.keys()].filter((key) => !keys.has(key));
    const tooMany = gone.length > DELETIONS_AT_ONCE;
    for (const key of gone) {
      if (tooMany) this.#kept.add(key);
      else await this.#orchestrator.deleteSchedule(refOf(key));
      this.#done.delete(key);
    }
  }

  async #syncChanged(readable: readonly SourceView[]): Promise<SourceScheduleReport> {
    const changed = readable.filter((view) => this.#done.get(view.key) !== fingerprint(view));
    if (changed.length === 0) return { changes: 0, failed: new Map(), left: new Set() };
    return await this.#orchestrator.syncSchedules(changed.map(scheduled));
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

function refOf(key: string): SourceRef {
  const [namespace = '', name = ''] = key.split('/');
  return { namespace, name };
}
