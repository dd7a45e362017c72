import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import type { FailureType } from '../../workflows/failures.ts';

export const PodState = { Waiting: 'Waiting', Running: 'Running', Succeeded: 'Succeeded', Failed: 'Failed' } as const;
export type PodState = (typeof PodState)[keyof typeof PodState];

export interface StatusFailure {
  readonly type: FailureType;
  readonly message: string;
}

/** A mover as its pod (or its Job, or their events) shows it. */
export interface PodStatus {
  readonly state: PodState;
  /** With `Waiting`: why it does not start (it may yet); with `Running`: why it is about to end; with `Failed`: why it ended. */
  readonly failure?: StatusFailure;
  /** Kubelet's or scheduler's word for what is awaited, when it is no failure (`ContainerCreating`). */
  readonly waitingFor?: string;
  readonly exitCode?: number;
  readonly startedAt?: Date;
  readonly finishedAt?: Date;
}

/** Longest text that is taken over from the kubelet, characters. */
const MAX_TEXT = 600;

/** Reads a pod (embedded-cluster.md section 9). The container decides, not the phase, which comes up to a second later. Pure. */
export function podStatus(pod: V1Pod, container?: string): PodStatus {
  const status = containerStatus(pod, container);
  const terminated = status?.state?.terminated;
  if (terminated) {
    const times = {
      ...(terminated.startedAt && { startedAt: terminated.startedAt }),
      ...(terminated.finishedAt && { finishedAt: terminated.finishedAt }),
      exitCode: terminated.exitCode,
    };
    const failure = drivenOut(pod, terminated.finishedAt) ?? terminatedFailure(terminated, container ?? status.name);
    return failure ? { state: 'Failed', failure, ...times } : { state: 'Succeeded', ...times };
  }
  if (pod.status?.phase === 'Failed') return { state: 'Failed', failure: failedPod(pod) };
  if (pod.status?.phase === 'Succeeded') return { state: 'Succeeded' };
  const leaving = drivenOut(pod, undefined);
  const running = status?.state?.running;
  if (running)
    return {
      state: 'Running',
      ...(running.startedAt && { startedAt: running.startedAt }),
      ...(leaving && { failure: leaving }),
    };
  return { state: 'Waiting', ...(leaving ? { failure: leaving } : waiting(pod, status)) };
}

function containerStatus(pod: V1Pod, container: string | undefined): V1ContainerStatus | undefined {
  const statuses = pod.status?.containerStatuses ?? [];
  return container === undefined ? statuses[0] : statuses.find(({ name }) => name === container);
}

type Terminated = NonNullable<NonNullable<V1ContainerStatus['state']>['terminated']>;

function terminatedFailure({ reason, exitCode, message }: Terminated, name: string): StatusFailure | undefined {
  const text = message ? `: ${shorten(message)}` : '';
  if (reason === 'OOMKilled')
    return { type: 'OutOfMemory', message: `container ${name} needed more memory than its limit (exit ${exitCode})` };
  if (reason === 'StartError' || reason === 'ContainerCannotRun')
    return { type: 'MoverFailed', message: `container ${name} could not be started${text}` };
  // The reason counts too: a status that the kubelet lost has exit code 0 in some versions.
  if (exitCode === 0 && (reason === undefined || reason === 'Completed')) return undefined;
  if (reason === 'ContainerStatusUnknown')
    return { type: 'Evicted', message: `the node lost sight of container ${name}` };
  return { type: 'MoverFailed', message: `container ${name} ended with exit code ${exitCode}${text}` };
}

/**
 * A pod that the cluster (or a person) took away while its container ran. Such a container may well exit with 0: Kopia
 * does on SIGTERM, with an incomplete snapshot. One that had ended before the deletion is none of these.
 */
function drivenOut(pod: V1Pod, finishedAt: Date | undefined): StatusFailure | undefined {
  const disruption = condition(pod, 'DisruptionTarget');
  if (disruption?.status === 'True') {
    if (endedBefore(finishedAt, disruption.lastTransitionTime)) return undefined;
    return { type: 'Evicted', message: `${disruption.reason ?? 'disruption'}: ${shorten(disruption.message ?? '')}` };
  }
  if (pod.status?.reason === 'Evicted') return failedPod(pod);
  const deletionTime = pod.metadata?.deletionTimestamp;
  if (!deletionTime) return undefined;
  const graceMilliseconds = (pod.metadata?.deletionGracePeriodSeconds ?? 0) * 1000;
  if (endedBefore(finishedAt, new Date(deletionTime.getTime() - graceMilliseconds))) return undefined;
  return { type: 'Evicted', message: `pod ${pod.metadata?.name} was deleted while it was needed` };
}

/** Both times have whole seconds: only an earlier second is surely before. */
const endedBefore = (finishedAt: Date | undefined, time: Date | undefined): boolean =>
  finishedAt !== undefined && time !== undefined && finishedAt.getTime() < time.getTime();

function failedPod(pod: V1Pod): StatusFailure {
  const { reason, message } = pod.status ?? {};
  const text = shorten(message ?? `pod ${pod.metadata?.name} failed`);
  const evicted = ['Evicted', 'Preempting', 'NodeShutdown', 'Terminated', 'NodeLost', 'NodeAffinity'];
  if (reason && evicted.includes(reason)) return { type: 'Evicted', message: `${reason}: ${text}` };
  return { type: 'MoverFailed', message: reason ? `${reason}: ${text}` : text };
}

const IMAGE_REASONS: readonly string[] = [
  ...['ErrImagePull', 'ImagePullBackOff', 'ErrImageNeverPull', 'InvalidImageName'],
  ...['ImageInspectError', 'RegistryUnavailable', 'SignatureValidationFailed'],
];

function waiting(pod: V1Pod, status: V1ContainerStatus | undefined): Pick<PodStatus, 'failure' | 'waitingFor'> {
  const { reason, message } = status?.state?.waiting ?? {};
  if (reason) {
    const failure = waitingFailure(reason, shorten(message ?? ''));
    if (failure) return { failure };
    return { waitingFor: message ? `${reason}: ${shorten(message)}` : reason };
  }
  const scheduled = condition(pod, 'PodScheduled');
  if (scheduled?.status === 'False') {
    const type = 'Unschedulable';
    return { failure: { type, message: shorten(scheduled.message ?? scheduled.reason ?? 'no node takes the pod') } };
  }
  return { waitingFor: scheduled ? 'ContainerCreating' : 'Scheduling' };
}

/** The failure behind a container's waiting reason; undefined for one that passes by itself. Pure. */
export function waitingFailure(reason: string, message: string): StatusFailure | undefined {
  const text = message ? `${reason}: ${message}` : reason;
  if (IMAGE_REASONS.includes(reason)) return { type: 'ImageUnavailable', message: text };
  if (reason === 'CreateContainerConfigError') {
    if (/secret ".*" not found/i.test(message)) return { type: 'SecretMissing', message: text };
    if (/couldn't find key .* in Secret/i.test(message)) return { type: 'SecretInvalid', message: text };
    return { type: 'MoverFailed', message: text };
  }
  if (['CreateContainerError', 'RunContainerError', 'PreCreateHookError'].includes(reason))
    return { type: 'MoverFailed', message: text };
  return undefined;
}

const condition = (pod: V1Pod, type: string) => pod.status?.conditions?.find((one) => one.type === type);

const shorten = (text: string): string => {
  const trimmed = text.trim();
  return trimmed.length <= MAX_TEXT ? trimmed : `…${trimmed.slice(-MAX_TEXT)}`;
};
