import type { CoreV1Event, V1Job, V1Pod } from '@kubernetes/client-node';
import { type PodStatus, podStatus, type StatusFailure } from './pod-status.ts';

/** What is known of a mover at one moment; each part may not be there yet, or not any more. */
export interface MoverView {
  readonly job?: V1Job;
  readonly pod?: V1Pod;
  /** Events about the Job and its pod, in any order. */
  readonly events?: readonly CoreV1Event[];
  readonly container?: string;
}

/** Reads a mover from its Job, its pod and their events: the first that says something definite decides. Pure. */
export function moverStatus({ job, pod, events = [], container }: MoverView): PodStatus {
  const fromPod = pod && podStatus(pod, container);
  if (fromPod?.state === 'Succeeded' || fromPod?.state === 'Failed') return fromPod;
  const fromJob = job && endedJob(job, pod !== undefined);
  if (fromJob) return fromJob;
  if (fromPod?.state === 'Running' || fromPod?.failure) return fromPod;
  const failure = events.map(eventFailure).find((one) => one !== undefined);
  return { ...(fromPod ?? { state: 'Waiting', waitingFor: 'Pod' }), ...(failure && { failure }) };
}

/** A Job's own verdict; its conditions come in pairs, and only Complete and Failed are final. */
function endedJob(job: V1Job, hasPod: boolean): PodStatus | undefined {
  const final = job.status?.conditions?.find(
    ({ type, status }) => status === 'True' && (type === 'Complete' || type === 'Failed'),
  );
  if (!final) return undefined;
  if (final.type === 'Complete') return { state: 'Succeeded' };
  return { state: 'Failed', failure: jobFailure(final.reason ?? 'Failed', final.message ?? '', hasPod) };
}

function jobFailure(reason: string, message: string, hasPod: boolean): StatusFailure {
  // Without a retry the limit is reached by a single pod; when that is gone, something took it away.
  if (reason === 'BackoffLimitExceeded' && !hasPod)
    return { type: 'Evicted', message: 'the pod of the Job ended and disappeared: somebody or something removed it' };
  return { type: 'MoverFailed', message: message ? `${reason}: ${message}` : reason };
}

/**
 * The failure that an event tells of and that shows nowhere else: no pod may be made, or its volumes can't be mounted.
 * Undefined for everything else. Pure.
 */
export function eventFailure({ reason, message, type }: CoreV1Event): StatusFailure | undefined {
  if (type !== 'Warning' || !reason) return undefined;
  const text = `${reason}: ${message ?? ''}`.trim();
  if (reason === 'FailedCreate') return { type: 'Forbidden', message: text };
  if (reason === 'FailedMount' || reason === 'FailedAttachVolume') {
    if (/secret ".*" not found/i.test(text)) return { type: 'SecretMissing', message: text };
    return { type: 'ProvisioningFailed', message: text };
  }
  if (reason === 'ProvisioningFailed' || reason === 'FailedBinding')
    return { type: 'ProvisioningFailed', message: text };
  return undefined;
}
