import type { CoreV1Event, V1Pod } from '@kubernetes/client-node';
import { FailureType } from '../../workflows/failures.ts';
import { eventFailure } from '../kubernetes/job-status.ts';
import type { PodStatus, StatusFailure } from '../kubernetes/pod-status.ts';

/** How long a mover may show each reason for not starting before the attempt ends and says so, milliseconds. */
const PATIENCE: Readonly<Partial<Record<FailureType, number>>> = {
  [FailureType.ImageUnavailable]: 5_000,
  [FailureType.SecretMissing]: 3_000,
  [FailureType.SecretInvalid]: 3_000,
};
const DEFAULT_PATIENCE = 10_000;

/** Without a pod, or with one that is only being created, the events tell more; they are asked for this late. */
const SILENT_PATIENCE = 10_000;

/** The scheduler's words for a claim that is not there yet: then the claim's own events know the reason. */
const CLAIM_MISSING = /unbound immediate PersistentVolumeClaims|persistentvolumeclaim ".*" not found|bind.*volume/i;

/** How long a mover has been waiting, and for what. */
export class StartWatch {
  #since: { readonly type: string; readonly at: number } | undefined;

  /** What has lasted too long now; `Silent` means that only events can tell. Undefined while patience lasts. */
  judge(status: PodStatus | undefined, now: number): StatusFailure | 'Silent' | undefined {
    if (status && status.state !== 'Waiting') {
      this.#since = undefined;
      return undefined;
    }
    const failure = status?.failure;
    const type = failure?.type ?? 'Silent';
    if (this.#since?.type !== type) this.#since = { type, at: now };
    const patience = failure ? (PATIENCE[failure.type] ?? DEFAULT_PATIENCE) : SILENT_PATIENCE;
    if (now - this.#since.at < patience) return undefined;
    if (!failure) {
      // Asked again only after another wait.
      this.#since = undefined;
      return 'Silent';
    }
    return failure;
  }
}

/** True when the reason stands in the events of a claim and not in the pod. */
export const isAboutClaim = (failure: StatusFailure): boolean =>
  failure.type === FailureType.Unschedulable && CLAIM_MISSING.test(failure.message);

export interface Concerned {
  readonly jobName: string;
  readonly pod?: V1Pod | undefined;
  readonly claims: readonly string[];
  /** Events before this belong to something else of the same name. */
  readonly since: Date | undefined;
}

/** The newest event about the mover or its claims that explains why nothing starts. Pure. */
export function explainByEvents(events: readonly CoreV1Event[], concerned: Concerned): StatusFailure | undefined {
  const names = new Set([concerned.jobName, ...concerned.claims]);
  if (concerned.pod?.metadata?.name) names.add(concerned.pod.metadata.name);
  const since = concerned.since?.getTime() ?? 0;
  const newestFirst = events
    .filter(({ involvedObject }) => names.has(involvedObject.name ?? ''))
    .filter((event) => timeOf(event) >= since)
    .sort((a, b) => timeOf(b) - timeOf(a));
  for (const event of newestFirst) {
    const failure = eventFailure(event);
    if (!failure) continue;
    const about = `${event.involvedObject.kind ?? 'object'} ${event.involvedObject.name}`;
    const quota = failure.type === FailureType.Forbidden && /exceeded quota/i.test(failure.message);
    return { type: quota ? FailureType.Unschedulable : failure.type, message: `${about}: ${failure.message}` };
  }
  return undefined;
}

const timeOf = ({ lastTimestamp, eventTime, metadata }: CoreV1Event): number =>
  (lastTimestamp ?? eventTime ?? metadata.creationTimestamp)?.getTime() ?? 0;
