import { defineSearchAttributeKey } from '@temporalio/common';
import { defineQuery, setCurrentDetails, setHandler, upsertSearchAttributes } from '@temporalio/workflow';
import { type PhaseTiming, PROGRESS_QUERY, type RunProgress, SearchAttribute } from './progress.ts';
import { describeFailure } from './run-failure.ts';

/** What a run is about, for the Temporal UI. */
export interface RunSubject {
  /** First line of the current details, for example "Backup of demo/app-config". */
  readonly title: string;
  readonly namespace?: string;
  readonly claim?: string;
  readonly repository: string;
}

export interface RunTracker {
  /** Runs one phase and times it; phases may overlap. */
  phase<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** A fact that stands in the details from now on. */
  note(name: string, value: string | number): void;
  /** Puts the end into details and search attributes. */
  finish(outcome: string, snapshotId?: string): void;
  readonly timings: readonly PhaseTiming[];
  failed(error: unknown): void;
}

export const progressQuery = defineQuery<RunProgress>(PROGRESS_QUERY);

const keyword = (name: string, value: string) => ({ key: defineSearchAttributeKey(name, 'KEYWORD'), value });

/** Starts to keep the query `progress`, the current details and the search attributes of a run. */
export function trackRun(subject: RunSubject): RunTracker {
  const timings: PhaseTiming[] = [];
  const running = new Map<string, number>();
  const notes = new Map<string, string>();
  let failure: RunProgress['failure'];
  let snapshotId: string | undefined;
  let outcome: string | undefined;

  const show = (): void => {
    const done = timings.map((t) => `| ${t.phase} | ${(t.milliseconds / 1000).toFixed(2)} s |`);
    const open = [...running.keys()].map((name) => `| **${name}** | … |`);
    const facts = [...notes].map(([name, value]) => `- ${name}: ${value}`);
    const end = failure ? `**${failure.type}**: ${failure.message}` : outcome ? `**${outcome}**` : '';
    setCurrentDetails(
      [`### ${subject.title}`, end, facts.join('\n'), ['| phase | time |', '|---|---|', ...done, ...open].join('\n')]
        .filter(Boolean)
        .join('\n\n'),
    );
  };

  setHandler(progressQuery, () => ({
    phase: [...running.keys()].at(-1) ?? (outcome ? 'Ended' : 'Starting'),
    phases: timings,
    ...(snapshotId ? { snapshotId } : {}),
    ...(failure ? { failure } : {}),
  }));
  upsertSearchAttributes([
    ...(subject.namespace ? [keyword(SearchAttribute.namespace, subject.namespace)] : []),
    ...(subject.claim ? [keyword(SearchAttribute.claim, subject.claim)] : []),
    keyword(SearchAttribute.repository, subject.repository),
  ]);
  show();

  return {
    timings,
    async phase(name, work) {
      const started = Date.now();
      running.set(name, started);
      show();
      try {
        return await work();
      } finally {
        running.delete(name);
        timings.push({ phase: name, milliseconds: Date.now() - started });
        show();
      }
    },
    note(name, value) {
      notes.set(name, String(value));
      show();
    },
    failed(error) {
      failure = describeFailure(error);
      show();
    },
    finish(result, id) {
      outcome = result;
      snapshotId = id;
      upsertSearchAttributes([
        keyword(SearchAttribute.outcome, result),
        ...(id ? [keyword(SearchAttribute.snapshot, id)] : []),
      ]);
      show();
    },
  };
}
