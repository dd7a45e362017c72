import type { V1Job, V1PodSpec } from '@kubernetes/client-node';
import type { RunReference } from '../../workflows/backup/contract.ts';
import { type Component, ownLabels, runAnnotations } from '../volume/ownership.ts';

/** Only a safety net for a worker that never comes back; it also bounds how long a finished pod can be found again. */
const TTL_SECONDS = 24 * 3600;

/** A stopped Kopia needs a second; a stuck one is killed after this, which harms no repository (faults.md M7). */
const GRACE_SECONDS = 10;

export interface RunJobRequest {
  readonly run: RunReference;
  readonly component: Component;
  readonly namespace: string;
  readonly name: string;
  /** More labels of the Job and its pod: what people select logs by. */
  readonly labels: Readonly<Record<string, string>>;
  /** Of the pod alone; ours go before them. */
  readonly podLabels?: Readonly<Record<string, string>>;
  readonly podAnnotations?: Readonly<Record<string, string>>;
  readonly pod: V1PodSpec;
}

/** The Job of whatever a run lets run in an application's namespace: one pod, once, without a token. */
export function buildRunJob({ run, component, namespace, name, ...request }: RunJobRequest): V1Job {
  const labels = { ...ownLabels(component, run), ...request.labels };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { namespace, name, labels, annotations: runAnnotations(run) },
    spec: {
      // Retries are the workflow's; a second pod beside a dying one must never be.
      backoffLimit: 0,
      parallelism: 1,
      completions: 1,
      podReplacementPolicy: 'Failed',
      ttlSecondsAfterFinished: TTL_SECONDS,
      template: {
        metadata: {
          labels: { ...request.podLabels, ...labels },
          annotations: { ...runAnnotations(run), ...request.podAnnotations },
        },
        spec: {
          restartPolicy: 'Never',
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          terminationGracePeriodSeconds: GRACE_SECONDS,
          ...request.pod,
        },
      },
    },
  };
}
